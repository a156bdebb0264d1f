package main

import (
	"errors"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"imgwatchd/internal/atomicfile"
	"imgwatchd/internal/batch"
	"imgwatchd/internal/codec"
	"imgwatchd/internal/config"
	"imgwatchd/internal/ledger"
	"imgwatchd/internal/pipeline"
	"imgwatchd/internal/render"
)

// batchFlags are the flags of "batch".
type batchFlags struct {
	config  string
	output  string
	presets []string
	direct  directFlags

	jobs       int
	recursive  bool
	dryRun     bool
	failFast   bool
	overwrite  bool
	flat       bool
	durability string
	json       bool
	ordered    bool
	noProgress bool
	state      string
}

// directFlags describe a rendition without a preset.
type directFlags struct {
	resize  string
	fit     string
	enlarge bool
	filter  string
	format  string
	quality int
	suffix  string
}

// maxJobs bounds --jobs: more processors than any machine has.
const maxJobs = 1024

// directNames are the names of the flags of directFlags.
var directNames = []string{"resize", "fit", "enlarge", "filter", "format", "quality", "suffix"}

func batchCommand() *cobra.Command {
	var flags batchFlags
	cmd := &cobra.Command{
		Use:   "batch SRC... -o DIR",
		Short: "make the renditions of files and folders once, and end",
		Long: `Make the renditions of files and of all images in folders, once, with all
processors. A bad file is reported and never stops the others; the exit code is 1
when one failed. What stands in the output folder already is left alone. With
--state a run that was interrupted goes on where it was, and a later one makes
only what is new.

  imgwatchd batch photos -o thumbs --preset thumbnail
  imgwatchd batch photos -o web --resize 1600x1600 --format jpeg --quality 80`,
		Args: usage(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return flags.run(cmd, args) },
	}
	f := cmd.Flags()
	addConfigFlag(cmd, &flags.config)
	f.StringVarP(&flags.output, "output", "o", "", "folder for the renditions (needed)")
	f.StringSliceVarP(&flags.presets, "preset", "p", nil, "a preset of the configuration or built in: thumbnail, square, soft-gray, web; may be repeated")
	f.StringVar(&flags.direct.resize, "resize", "", "size in pixels: 128x128, 128x, x128")
	f.StringVar(&flags.direct.fit, "fit", "inside", "how the picture gets that size: inside, outside, cover, contain, fill")
	f.BoolVar(&flags.direct.enlarge, "enlarge", false, "scale small pictures up, too")
	f.StringVar(&flags.direct.filter, "filter", "lanczos", "lanczos, catmull-rom, linear, box, nearest")
	f.StringVar(&flags.direct.format, "format", "", "jpeg, png, gif, tiff, bmp (default: as the source)")
	f.IntVar(&flags.direct.quality, "quality", 0, "of JPEG, 1 to 100 (default 80)")
	f.StringVar(&flags.direct.suffix, "suffix", "", "put behind the name, before the extension")
	f.IntVarP(&flags.jobs, "jobs", "j", 0, "use this many processors (default: all)")
	f.BoolVarP(&flags.recursive, "recursive", "r", true, "go into sub-folders")
	f.BoolVarP(&flags.dryRun, "dry-run", "n", false, "say what would be made, and make nothing")
	f.BoolVar(&flags.failFast, "fail-fast", false, "stop at the first file that fails")
	f.BoolVar(&flags.overwrite, "overwrite", false, "replace renditions that stand already")
	f.BoolVar(&flags.flat, "flat", false, "put all renditions into one folder, without the sources' sub-folders")
	f.StringVar(&flags.durability, "durability", "full", "full: each rendition survives a power cut once it is reported; none: faster on slow disks")
	f.StringVar(&flags.state, "state", "", "keep a ledger in this folder: what it knows as done is not done again")
	f.BoolVar(&flags.json, "json", false, "print one JSON line for each file, and a summary")
	f.BoolVar(&flags.ordered, "ordered", false, "report files in the order in which they are listed")
	f.BoolVar(&flags.noProgress, "no-progress", false, "no progress bar")
	return cmd
}

func (f batchFlags) run(cmd *cobra.Command, args []string) error {
	folder, base, err := f.plan(cmd)
	if err != nil {
		return err
	}
	if f.jobs > 0 {
		runtime.GOMAXPROCS(f.jobs)
		base.Transformers = f.jobs
	}
	limitHeap(base.Memory)
	base.Version = programVersion()

	closeLedger, err := f.openLedger(cmd, &base)
	if err != nil {
		return err
	}
	view := newBatchView(cmd, f)
	intake, work, release := untilSignals()
	defer release()
	summary, err := batch.Run(intake, work, batch.Options{
		Sources:   args,
		Recursive: f.recursive,
		Folder:    folder,
		Pipeline:  base,
		DryRun:    f.dryRun,
		FailFast:  f.failFast,
		Ordered:   f.ordered,
		Listed:    view.listed,
		Report:    view.report,
	})
	err = errors.Join(err, closeLedger())
	switch {
	case errors.Is(err, batch.ErrOutputIsSource):
		return usagef("-o %s: %w", f.output, err)
	case err != nil && !errors.Is(err, batch.ErrStopped):
		return err
	}
	view.summarise(summary)
	if err != nil || summary.Failed > 0 {
		return errReported
	}
	return nil
}

// openLedger has the pipeline keep a ledger if one is wanted. A preview asks it and
// keeps nothing.
func (f batchFlags) openLedger(cmd *cobra.Command, o *pipeline.Options) (closeLedger func() error, err error) {
	if f.state == "" || f.dryRun && !ledger.Exists(f.state) {
		return func() error { return nil }, nil
	}
	l, closeLedger, err := openLedger(f.state, cmd.ErrOrStderr())
	o.Ledger = l
	return closeLedger, err
}

// plan turns the flags into what is to be made of each source, and how.
func (f batchFlags) plan(cmd *cobra.Command) (pipeline.Folder, pipeline.Options, error) {
	var none pipeline.Folder
	if f.output == "" {
		return none, pipeline.Options{}, usagef("an output folder is needed: -o DIR")
	}
	if fi, err := os.Stat(f.output); err == nil && !fi.IsDir() {
		return none, pipeline.Options{}, usagef("-o %s: not a folder", f.output)
	}
	if f.jobs < 0 || f.jobs > maxJobs {
		return none, pipeline.Options{}, usagef("--jobs: %d is not between 0 and %d", f.jobs, maxJobs)
	}
	_, cfg, err := loadUsual(f.config)
	if err != nil {
		return none, pipeline.Options{}, err
	}
	presets, err := f.choose(cmd, cfg)
	if err != nil {
		return none, pipeline.Options{}, err
	}
	folder := pipeline.Folder{Presets: presets, Output: f.output, OnConflict: pipeline.SkipTaken, Layout: pipeline.Mirror}
	if f.overwrite {
		folder.OnConflict = pipeline.Overwrite
	}
	if f.flat {
		folder.Layout = pipeline.Flat
	}
	switch f.durability {
	case "full":
	case "none":
		folder.Durability = atomicfile.None
	default:
		return none, pipeline.Options{}, usagef("--durability: %q is neither full nor none", f.durability)
	}
	return folder, cfg.Pipeline(), nil
}

// choose returns the presets that the flags name or describe.
func (f batchFlags) choose(cmd *cobra.Command, cfg *config.Config) ([]*render.Preset, error) {
	direct := false
	for _, name := range directNames {
		direct = direct || cmd.Flags().Changed(name)
	}
	switch {
	case direct && len(f.presets) > 0:
		return nil, usagef("give either --preset or --%s", strings.Join(directNames, ", --"))
	case direct:
		p, err := f.direct.preset()
		return []*render.Preset{p}, err
	case len(f.presets) == 0:
		return nil, usagef("say what to make: --preset %s, or --resize", strings.Join(cfg.PresetNames(), " | "))
	}
	var presets []*render.Preset
	for _, name := range f.presets {
		p, ok := cfg.Preset(name)
		if !ok {
			return nil, usagef("--preset: no preset is called %q; there are %s", name, strings.Join(cfg.PresetNames(), ", "))
		}
		presets = append(presets, p)
	}
	return presets, nil
}

// preset returns the preset that the flags describe.
func (d directFlags) preset() (*render.Preset, error) {
	p := &render.Preset{Name: "direct", Output: render.Output{
		Name:    "{stem}" + d.suffix + ".{ext}",
		Quality: d.quality,
	}}
	if d.format != "" {
		format, err := codec.ParseFormat(d.format)
		if err != nil {
			return nil, usagef("--format: %w", err)
		}
		p.Output.Format = format
	}
	if d.resize != "" {
		width, height, err := parseSize(d.resize)
		if err != nil {
			return nil, err
		}
		p.Steps = append(p.Steps, &render.Resize{
			Fit: render.Fit(d.fit), Width: width, Height: height,
			Enlarge: d.enlarge, Filter: render.Filter(d.filter),
		})
	}
	if err := p.Validate(); err != nil {
		return nil, usageError{err}
	}
	if err := pipeline.CheckName(p.Output.Name); err != nil {
		return nil, usagef("--suffix: %w", err)
	}
	return p, nil
}

// parseSize reads "WxH", "Wx" or "xH".
func parseSize(text string) (width, height int, err error) {
	w, h, ok := strings.Cut(strings.ToLower(text), "x")
	for _, side := range []struct {
		text string
		to   *int
	}{{w, &width}, {h, &height}} {
		if side.text == "" {
			continue
		}
		n, err := strconv.ParseUint(side.text, 10, 16)
		if err != nil {
			ok = false
		}
		*side.to = int(n)
	}
	if !ok || width == 0 && height == 0 {
		return 0, 0, usagef("--resize: %q is not a size; write 128x128, 128x or x128", text)
	}
	return width, height, nil
}
