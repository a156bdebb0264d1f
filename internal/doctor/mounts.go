package doctor

import (
	"bufio"
	"io"
	"os"
	"strconv"
	"strings"
)

// A mount is one of the places at which filesystems are seen.
type mount struct {
	at       string
	kind     string // "ext4", "nfs4", …
	readOnly bool
	device   string // major:minor
}

// readMounts returns the mounts that this process sees, in the order in which they
// were made; none when the kernel does not say.
func readMounts() []mount {
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return nil
	}
	defer f.Close()
	return parseMounts(f)
}

// parseMounts reads mountinfo as proc(5) describes it. Lines of another form are
// passed over.
func parseMounts(r io.Reader) []mount {
	var mounts []mount
	for lines := bufio.NewScanner(r); lines.Scan(); {
		before, after, ok := strings.Cut(lines.Text(), " - ")
		fields, rest := strings.Fields(before), strings.Fields(after)
		if !ok || len(fields) < 6 || len(rest) < 1 {
			continue
		}
		mounts = append(mounts, mount{
			at:       unescape(fields[4]),
			kind:     rest[0],
			readOnly: hasOption(fields[5], "ro") || len(rest) > 2 && hasOption(rest[2], "ro"),
			device:   fields[2],
		})
	}
	return mounts
}

func hasOption(options, want string) bool {
	for o := range strings.SplitSeq(options, ",") {
		if o == want {
			return true
		}
	}
	return false
}

// unescape undoes what the kernel does to blanks and backslashes in paths.
func unescape(path string) string {
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		if path[i] == '\\' && i+3 < len(path) {
			if n, err := strconv.ParseUint(path[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(path[i])
	}
	return b.String()
}

// mountOf returns the mount that a path without links is on.
func mountOf(mounts []mount, path string) (mount, bool) {
	best, found := mount{}, false
	for _, m := range mounts {
		if within(m.at, path) && (!found || len(m.at) >= len(best.at)) { // a later one hides a former one
			best, found = m, true
		}
	}
	return best, found
}

// mountsBelow returns the mounts inside a folder.
func mountsBelow(mounts []mount, dir string) []mount {
	var inside []mount
	for _, m := range mounts {
		if m.at != dir && within(dir, m.at) {
			inside = append(inside, m)
		}
	}
	return inside
}

// within reports whether path is dir or lies below it.
func within(dir, path string) bool {
	rest, ok := strings.CutPrefix(path, strings.TrimSuffix(dir, "/"))
	return ok && (rest == "" || rest[0] == '/')
}
