package config

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"imgwatchd/internal/codec"
)

// The values that have a notation of their own: each reads what it writes.

// A size is a number of bytes.
type size int64

// units are the letters of a size, the largest first: a size is written with the
// largest that divides it.
var units = []struct {
	name  string
	bytes int64
}{
	{"TiB", 1 << 40}, {"TB", 1e12}, {"GiB", 1 << 30}, {"GB", 1e9},
	{"MiB", 1 << 20}, {"MB", 1e6}, {"KiB", 1 << 10}, {"KB", 1e3}, {"B", 1}, {"", 1},
}

var sizePattern = regexp.MustCompile(`^([0-9]{1,18})\s*([A-Za-z]*)$`)

func (s *size) UnmarshalText(text []byte) error {
	fault := fmt.Errorf("%q is not a size; write it like 256MiB, 100KB or 4096", text)
	m := sizePattern.FindSubmatch(text)
	if m == nil {
		return fault
	}
	n, err := strconv.ParseInt(string(m[1]), 10, 64)
	if err != nil {
		return fault
	}
	for _, u := range units {
		if strings.EqualFold(u.name, string(m[2])) {
			if n > math.MaxInt64/u.bytes {
				return fmt.Errorf("%q is too large a size", text)
			}
			*s = size(n * u.bytes)
			return nil
		}
	}
	return fault
}

func (s size) MarshalText() ([]byte, error) {
	for _, u := range units {
		if u.bytes > 1 && s != 0 && int64(s)%u.bytes == 0 {
			return fmt.Appendf(nil, "%d%s", int64(s)/u.bytes, u.name), nil
		}
	}
	return strconv.AppendInt(nil, int64(s), 10), nil
}

// A duration is a length of time.
type duration time.Duration

const day = 24 * time.Hour

func (d *duration) UnmarshalText(text []byte) error {
	if days, ok := strings.CutSuffix(string(text), "d"); ok {
		n, err := strconv.ParseUint(days, 10, 63)
		switch {
		case errors.Is(err, strconv.ErrRange) || n > uint64(math.MaxInt64/day):
			return fmt.Errorf("%q is too long a duration", text)
		case err == nil:
			*d = duration(n) * duration(day)
			return nil
		}
	}
	v, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a duration; write it like 500ms, 1m30s, 2h or 90d", text)
	}
	*d = duration(v)
	return nil
}

// MarshalText leaves out the zero minutes and seconds that Go would print.
func (d duration) MarshalText() ([]byte, error) {
	if days := time.Duration(d) / day; days > 1 && time.Duration(d)%day == 0 {
		return fmt.Appendf(nil, "%dd", days), nil
	}
	text := time.Duration(d).String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = strings.TrimSuffix(text, zero[1:])
		}
	}
	return []byte(text), nil
}

// A mode is the permissions of a file.
type mode fs.FileMode

func (m *mode) UnmarshalText(text []byte) error {
	v, err := strconv.ParseUint(strings.TrimPrefix(string(text), "0o"), 8, 32)
	if err != nil || v > 0o777 {
		return fmt.Errorf("%q is not a file mode; write three octal digits like \"0644\"", text)
	}
	if v == 0 {
		return errors.New("nobody could read it; write a file mode like \"0644\"")
	}
	*m = mode(v)
	return nil
}

func (m mode) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%04o", uint32(m)), nil }

// A format is an image format, under any of its names.
type format codec.Format

func (f *format) UnmarshalText(text []byte) error {
	v, err := codec.ParseFormat(string(text))
	if err != nil {
		return err
	}
	*f = format(v)
	return nil
}
