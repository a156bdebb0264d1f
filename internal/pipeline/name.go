package pipeline

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"imgwatchd/internal/atomicfile"
	"imgwatchd/internal/codec"
	"imgwatchd/internal/job"
	"imgwatchd/internal/render"
)

// DefaultName is the template of a preset that gives none.
const DefaultName = "{stem}_{preset}.{ext}"

// nameFields are the words that a template may hold in braces.
var nameFields = []string{"stem", "ext", "preset", "width", "height", "hash"}

var fieldPattern = regexp.MustCompile(`\{([^{}]*)\}`)

// maxNameLength is the longest name, in bytes, that Linux filesystems take.
const maxNameLength = 255

// CheckName returns what is wrong with the template of a rendition's name: an
// unknown field, a brace without its fellow, a part that would lead out of the
// output folder, or one that looks like a temporary file. A template may hold
// slashes, for folders of its own.
func CheckName(template string) error {
	for _, m := range fieldPattern.FindAllStringSubmatch(template, -1) {
		if !slices.Contains(nameFields, m[1]) {
			return fmt.Errorf("unknown field %q; known are {%s}", m[0], strings.Join(nameFields, "} {"))
		}
	}
	literal := fieldPattern.ReplaceAllString(template, "x")
	if strings.ContainsAny(literal, "{}") {
		return errors.New("a brace has no fellow")
	}
	if !strings.Contains(template, "{stem}") && !strings.Contains(template, "{hash}") {
		return errors.New("every picture would get the same name; use {stem} or {hash}")
	}
	return checkPath(literal)
}

// nameOf returns the slash-separated path of a rendition below the output folder.
func nameOf(f *Folder, source, hash string, r render.Plan) (string, error) {
	dir, base := path.Split(source)
	stem, ext := splitExt(base)
	value := strings.NewReplacer(
		"{stem}", stem,
		"{ext}", extFor(r.Preset.Output.Format, r.Format, ext),
		"{preset}", r.Preset.Name,
		"{width}", strconv.Itoa(r.Width),
		"{height}", strconv.Itoa(r.Height),
		"{hash}", hash[:min(len(hash), 16)],
	)
	name := value.Replace(templateOf(r.Preset))
	if f.Layout != Flat {
		name = dir + name
	}
	if err := checkPath(name); err != nil {
		return "", job.Rejectf(job.Unsupported, "name", "rendition would be called %q: %w", name, err)
	}
	return name, nil
}

// templateOf returns the template of a preset's names.
func templateOf(p *render.Preset) string {
	if p.Output.Name == "" {
		return DefaultName
	}
	return p.Output.Name
}

// namesNeedHash reports whether a name of f depends on the source's content.
func (f *Folder) namesNeedHash() bool {
	return slices.ContainsFunc(f.Presets, func(p *render.Preset) bool {
		return strings.Contains(templateOf(p), "{hash}")
	})
}

// numbered returns the n-th stand-in for a name that is taken: "a.jpg" gives
// "a_1.jpg".
func numbered(name string, n int) string {
	dir, base := path.Split(name)
	stem, ext := splitExt(base)
	if ext != "" {
		ext = "." + ext
	}
	return dir + fitted(stem, "_"+strconv.Itoa(n)+ext)
}

// fitted returns stem and suffix as one name, with the end of the stem cut off
// where that is too long.
func fitted(stem, suffix string) string {
	for len(stem) > 1 && len(stem)+len(suffix) > maxNameLength {
		_, last := utf8.DecodeLastRuneInString(stem)
		stem = stem[:len(stem)-last]
	}
	return stem + suffix
}

// extFor returns the extension of a rendition: the source's own spelling when
// the preset asks for the source's format, so that photo.JPG gives photo.JPG.
func extFor(asked, format codec.Format, sourceExt string) string {
	if asked == "" && format.Owns(sourceExt) {
		return sourceExt
	}
	return format.Ext()
}

// splitExt splits "name.ext" at its last dot. A leading dot begins no extension.
func splitExt(base string) (stem, ext string) {
	if i := strings.LastIndexByte(base, '.'); i > 0 {
		return base[:i], base[i+1:]
	}
	return base, ""
}

// checkPath returns what is wrong with a slash-separated path below a folder.
func checkPath(name string) error {
	for part := range strings.SplitSeq(name, "/") {
		switch {
		case part == "":
			return errors.New("a part of the path is empty")
		case part == "." || part == "..":
			return fmt.Errorf("%q leads out of its folder", part)
		case len(part) > maxNameLength:
			return fmt.Errorf("name of %d bytes, %d is the most", len(part), maxNameLength)
		case strings.ContainsRune(part, 0):
			return errors.New("name holds a zero byte")
		case strings.HasPrefix(part, atomicfile.TempPrefix):
			return fmt.Errorf("prefix %q is reserved for temporary files", atomicfile.TempPrefix)
		}
	}
	return nil
}
