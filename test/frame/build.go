package frame

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Build builds imgwatchd as it is shipped, or with more flags for go build. The caller
// calls release when the program is no longer needed.
func Build(ctx context.Context, flags ...string) (path string, release func(), err error) {
	dir, err := os.MkdirTemp("", "imgwatchd-bin-")
	if err != nil {
		return "", nil, err
	}
	release = func() { os.RemoveAll(dir) }
	path = filepath.Join(dir, "imgwatchd")
	args := append([]string{"build", "-o", path}, flags...)
	cmd := exec.CommandContext(ctx, "go", append(args, "imgwatchd/cmd/imgwatchd")...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		release()
		return "", nil, fmt.Errorf("build imgwatchd: %w", err)
	}
	return path, release, nil
}
