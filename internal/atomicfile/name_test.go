package atomicfile

import (
	"strings"
	"testing"
)

func TestTempName(t *testing.T) {
	a, b := tempName(), tempName()
	if a == b {
		t.Errorf("two temporary names are both %q", a)
	}
	for _, name := range []string{a, b} {
		if !isTempName(name) || len(name) != len(TempPrefix)+tempDigits {
			t.Errorf("%q is not recognised as a temporary name", name)
		}
	}
}

func TestIsTempName(t *testing.T) {
	tests := map[string]bool{
		TempPrefix + "0123456789abcdef":       true,
		TempPrefix + "0123456789abcde":        false,
		TempPrefix + "0123456789abcdef0":      false,
		TempPrefix + "0123456789ABCDEF":       false,
		TempPrefix + "0123456789abcd\xff\n":   false,
		TempPrefix:                            false,
		"0123456789abcdef":                    false,
		"x" + TempPrefix + "0123456789abcdef": false,
		strings.TrimPrefix(tempName(), "."):   false,
		"":                                    false,
	}
	for name, want := range tests {
		if got := isTempName(name); got != want {
			t.Errorf("isTempName(%q) = %v, want %v", name, got, want)
		}
	}
}
