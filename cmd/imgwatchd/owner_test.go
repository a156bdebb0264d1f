package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
)

func TestForOwner(t *testing.T) {
	dir := t.TempDir()
	denied := fmt.Errorf("open lock: %w", fs.ErrPermission)
	if err := forOwner(denied, dir); !errors.Is(err, denied) || !strings.Contains(err.Error(), "; ask as its owner: sudo -u ") {
		t.Error(err)
	}
	full := errors.New("no space left on device")
	for _, err := range []error{forOwner(full, dir), forOwner(denied, dir+"/missing")} {
		if strings.Contains(err.Error(), "sudo") {
			t.Error(err)
		}
	}
}
