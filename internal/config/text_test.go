package config

import (
	"encoding"
	"testing"
	"time"
)

func TestText(t *testing.T) {
	for _, tt := range []struct {
		text    string
		into    encoding.TextUnmarshaler
		written string // as MarshalText has it; "": refused
	}{
		{"0", new(size), "0"},
		{"4096", new(size), "4KiB"},
		{"4097", new(size), "4097"},
		{"100KB", new(size), "100KB"},
		{"256MiB", new(size), "256MiB"},
		{"256 mib", new(size), "256MiB"},
		{"1024MiB", new(size), "1GiB"},
		{"3B", new(size), "3"},
		{"2TB", new(size), "2TB"},
		{"8388607TiB", new(size), "8388607TiB"},
		{"8388608TiB", new(size), ""},
		{"999999999999999999999", new(size), ""},
		{"-1", new(size), ""},
		{"1.5GB", new(size), ""},
		{"1 M", new(size), ""},
		{"", new(size), ""},

		{"1s", new(duration), "1s"},
		{"60s", new(duration), "1m"},
		{"5m0s", new(duration), "5m"},
		{"60m", new(duration), "1h"},
		{"1h30m", new(duration), "1h30m"},
		{"1h0m5s", new(duration), "1h0m5s"},
		{"10m", new(duration), "10m"},
		{"90d", new(duration), "90d"},
		{"48h", new(duration), "2d"},
		{"1d", new(duration), "24h"},
		{"1.5d", new(duration), ""},
		{"-2d", new(duration), ""},
		{"106751d", new(duration), "106751d"},
		{"106752d", new(duration), ""},
		{"99999999999999999999d", new(duration), ""},
		{"500ms", new(duration), "500ms"},
		{"0", new(duration), "0s"},
		{"5", new(duration), ""},
		{"soon", new(duration), ""},

		{"0644", new(mode), "0644"},
		{"755", new(mode), "0755"},
		{"0o600", new(mode), "0600"},
		{"0777", new(mode), "0777"},
		{"01777", new(mode), ""},
		{"0", new(mode), ""},
		{"rw-r--r--", new(mode), ""},
	} {
		err := tt.into.UnmarshalText([]byte(tt.text))
		if err != nil {
			if tt.written != "" {
				t.Errorf("%T %q: %v", tt.into, tt.text, err)
			}
			continue
		}
		written, err := tt.into.(encoding.TextMarshaler).MarshalText()
		if err != nil || string(written) != tt.written {
			t.Errorf("%T %q is written as %q, %v; want %q", tt.into, tt.text, written, err, tt.written)
		}
	}
}

func TestFormatTakesItsOtherNames(t *testing.T) {
	var f format
	if err := f.UnmarshalText([]byte("JPG")); err != nil || f != "jpeg" {
		t.Fatalf("format JPG = %q, %v", f, err)
	}
}

func FuzzSize(f *testing.F) {
	for _, s := range []string{"1", "256MiB", "100KB", "9223372036854775807", "8388608TiB", "1 B"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var a, b size
		if a.UnmarshalText([]byte(s)) != nil {
			return
		}
		written, err := a.MarshalText()
		if err != nil || b.UnmarshalText(written) != nil || a != b || a < 0 {
			t.Fatalf("%q = %d, written as %q = %d", s, a, written, b)
		}
	})
}

func FuzzDuration(f *testing.F) {
	for _, s := range []string{"1s", "1h0m5s", "10m", "1h", "20h", "0", "-5m", "1.5h", "2562024h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want, err := time.ParseDuration(s)
		if err != nil {
			return
		}
		written, _ := duration(want).MarshalText()
		var got duration
		if err := got.UnmarshalText(written); err != nil || time.Duration(got) != want {
			t.Fatalf("%v is written as %q = %v, %v", want, written, got, err)
		}
	})
}
