package main

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"imgwatchd/internal/batch"
	"imgwatchd/internal/job"
)

// plainInterval is how often progress is told where no bar can be drawn.
const plainInterval = 10 * time.Second

// A batchView shows a run to whoever started it: results on stdout, progress and
// failures on stderr. Its methods are called one at a time.
type batchView struct {
	stdout, stderr io.Writer
	json           *json.Encoder // nil: no lines wanted
	dryRun         bool

	bar      *progressbar.ProgressBar
	total    int
	ended    int
	told     time.Time
	progress bool // plain progress lines
}

func newBatchView(cmd *cobra.Command, f batchFlags) *batchView {
	v := &batchView{stdout: cmd.OutOrStdout(), stderr: cmd.ErrOrStderr(), dryRun: f.dryRun, told: time.Now()}
	if f.json {
		v.json = json.NewEncoder(v.stdout)
		v.json.SetEscapeHTML(false)
	}
	switch {
	case f.noProgress || f.dryRun:
	case isTerminal(v.stderr):
		v.bar = progressbar.NewOptions(0,
			progressbar.OptionSetWriter(v.stderr),
			progressbar.OptionShowCount(),
			progressbar.OptionShowIts(),
			progressbar.OptionSetItsString("files"),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionFullWidth(),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionClearOnFinish(),
		)
	default:
		v.progress = true
	}
	return v
}

// listed tells how many files are known by now.
func (v *batchView) listed(total int) {
	v.total = total
	if v.bar != nil {
		v.bar.ChangeMax(total)
	}
}

// report shows the end of one file.
func (v *batchView) report(o job.Outcome) {
	v.ended++
	if v.json != nil {
		_ = v.json.Encode(lineOf(o, v.dryRun)) // the output remembers what it could not write
	}
	failed := o.State != job.Done && o.State != job.Skipped
	if failed || v.dryRun && v.json == nil {
		v.say(o)
	}
	v.advance()
}

// say writes a line about one file for people to read.
func (v *batchView) say(o job.Outcome) {
	if v.bar != nil {
		v.bar.Clear()
	}
	source := printable(filepath.Join(o.Job.Folder, o.Job.Path))
	switch {
	case o.State == job.Done:
		for _, out := range o.Outputs {
			fmt.Fprintf(v.stdout, "%s -> %s (%d×%d %s)\n", source, printable(out.Path), out.Width, out.Height, out.Format)
		}
	case o.State == job.Skipped:
		fmt.Fprintf(v.stdout, "%s: skipped: %s\n", source, printable(o.Err.Error()))
	default:
		fmt.Fprintf(v.stderr, "%s: %s: %s\n", source, job.ClassOf(o.Err), printable(o.Err.Error()))
	}
}

// printable returns text as it is if a terminal shows it safely, else quoted.
func printable(text string) string {
	hidden := func(r rune) bool { return !strconv.IsPrint(r) }
	if utf8.ValidString(text) && !strings.ContainsFunc(text, hidden) {
		return text
	}
	return strconv.Quote(text)
}

// advance moves the bar, or tells the progress from time to time.
func (v *batchView) advance() {
	if v.bar != nil {
		v.bar.Add(1)
		return
	}
	if v.progress && time.Since(v.told) >= plainInterval {
		v.told = time.Now()
		fmt.Fprintf(v.stderr, "%d of %d files\n", v.ended, v.total)
	}
}

// summarise shows the end of the run.
func (v *batchView) summarise(s batch.Summary) {
	if v.bar != nil {
		v.bar.Clear()
	}
	if v.json != nil {
		_ = v.json.Encode(summaryLine{Summary: summaryFields{
			Files: s.Files, Done: s.Done, Skipped: s.Skipped, Failed: s.Failed, NotTaken: s.NotTaken,
			BytesIn: s.BytesIn, BytesOut: s.BytesOut, Seconds: s.Duration.Seconds(),
		}})
	}
	rate := float64(s.Done) / max(s.Duration.Seconds(), 1e-3)
	fmt.Fprintf(v.stderr, "%d files: %d done, %d skipped, %d failed", s.Files, s.Done, s.Skipped, s.Failed)
	if s.NotTaken > 0 {
		fmt.Fprintf(v.stderr, ", %d not taken up", s.NotTaken)
	}
	fmt.Fprintf(v.stderr, "; %.1f s, %.1f files/s\n", s.Duration.Seconds(), rate)
}

// A fileLine is what --json prints for a file.
type fileLine struct {
	Source  string       `json:"source"`
	State   job.State    `json:"state"`
	DryRun  bool         `json:"dry_run,omitempty"`
	Class   job.Class    `json:"class,omitempty"`
	Step    string       `json:"step,omitempty"`
	Reason  string       `json:"reason,omitempty"`
	Format  string       `json:"format,omitempty"`
	Width   int          `json:"width,omitempty"`
	Height  int          `json:"height,omitempty"`
	Size    int64        `json:"size"`
	SHA256  string       `json:"sha256,omitempty"`
	Outputs []job.Output `json:"outputs"`
	Millis  stageMillis  `json:"ms"`
}

// stageMillis are the milliseconds that a file took in each stage and between.
type stageMillis struct {
	Read      float64 `json:"read"`
	Transform float64 `json:"transform"`
	Write     float64 `json:"write"`
	Wait      float64 `json:"wait"`
}

type summaryLine struct {
	Summary summaryFields `json:"summary"`
}

type summaryFields struct {
	Files    int     `json:"files"`
	Done     int     `json:"done"`
	Skipped  int     `json:"skipped"`
	Failed   int     `json:"failed"`
	NotTaken int     `json:"not_taken"`
	BytesIn  int64   `json:"bytes_in"`
	BytesOut int64   `json:"bytes_out"`
	Seconds  float64 `json:"seconds"`
}

// lineOf returns the line of one outcome.
func lineOf(o job.Outcome, dryRun bool) fileLine {
	millis := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	line := fileLine{
		Source: filepath.Join(o.Job.Folder, o.Job.Path),
		State:  o.State,
		DryRun: dryRun,
		Class:  job.ClassOf(o.Err),
		Step:   job.StepOf(o.Err),
		Format: o.Source.Format, Width: o.Source.Width, Height: o.Source.Height,
		Size: o.Source.Size, SHA256: o.Source.SHA256,
		Outputs: o.Outputs,
		Millis: stageMillis{
			Read: millis(o.Timings.Read), Transform: millis(o.Timings.Transform),
			Write: millis(o.Timings.Write), Wait: millis(o.Timings.Wait),
		},
	}
	if o.Err != nil {
		line.Reason = o.Err.Error()
	}
	if line.Outputs == nil {
		line.Outputs = []job.Output{}
	}
	return line
}
