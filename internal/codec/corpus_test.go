package codec

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"imgwatchd/internal/job"
)

// corpusDir holds real files from public test suites, where it exists.
const corpusDir = "../../../shared/corpus"

// budget is the largest picture, in pixels, that the tests decode.
const budget = 1 << 20

func corpusFiles(t *testing.T) []string {
	t.Helper()
	if _, err := os.Stat(corpusDir); err != nil {
		t.Skip("no corpus")
	}
	var files []string
	err := filepath.WalkDir(corpusDir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestCorpus reads every file there is: none may panic, every error is a reason
// of a class that concerns the file.
func TestCorpus(t *testing.T) {
	for _, path := range corpusFiles(t) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		h, err := readAll(data)
		switch class := job.ClassOf(err); class {
		case "":
			t.Logf("%s: %s %d×%d", path, h.Format, h.Width, h.Height)
		case job.Malformed, job.Unsupported, job.TooLarge, job.NotImage:
			t.Logf("%s: %s: %v", path, class, err)
		default:
			t.Errorf("%s: class %q: %v", path, class, err)
		}
	}
}

// readAll puts data through header, metadata and, within the budget, pixels.
func readAll(data []byte) (Header, error) {
	h, err := ReadHeader(bytes.NewReader(data), int64(len(data)), Limits{})
	if err != nil || int64(h.Width)*int64(h.Height) > 4*budget {
		return h, err
	}
	ReadMetadata(data, h.Format)
	_, err = Decode(context.Background(), data, h)
	return h, err
}

// classes are the classes that a word of cases.tsv stands for.
var classes = map[string][]job.Class{
	"ACCEPT":             {""},
	"REJECT_CORRUPT":     {job.Malformed},
	"REJECT_UNSUPPORTED": {job.Unsupported},
	"REJECT_LIMIT":       {job.TooLarge},
	"REJECT":             {job.Malformed, job.Unsupported},
	"EITHER":             {"", job.Malformed, job.Unsupported, job.TooLarge},
}

var dimensions = regexp.MustCompile(`^\S+ (\d+)x(\d+)`)

// TestCorpusCases holds the files that the corpus has expectations about to them.
func TestCorpusCases(t *testing.T) {
	corpusFiles(t)
	table, err := os.ReadFile(filepath.Join(corpusDir, "cases.tsv"))
	if err != nil {
		t.Skip(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(table)), "\n")[1:] {
		fields := strings.Split(line, "\t")
		t.Run(fields[0], func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(corpusDir, fields[0]))
			if err != nil {
				t.Fatal(err)
			}
			h, err := readAll(data)
			checkCase(t, fields[2], h, err)
		})
	}
}

func checkCase(t *testing.T, expected string, h Header, err error) {
	word := regexp.MustCompile(`^[A-Z_]+`).FindString(expected)
	want := classes[word]
	if got := job.ClassOf(err); !slices.Contains(want, got) {
		t.Errorf("class %q (%v), want one of %q: %s", got, err, want, expected)
	}
	if size := dimensions.FindStringSubmatch(strings.Replace(expected, ":", "", 1)); err == nil && size != nil {
		width, height := h.Size()
		if size[1] != strconv.Itoa(width) || size[2] != strconv.Itoa(height) {
			t.Errorf("size %d×%d, want %s×%s", width, height, size[1], size[2])
		}
	}
}
