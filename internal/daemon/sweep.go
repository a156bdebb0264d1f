package daemon

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"go.uber.org/zap"

	"imgwatchd/internal/atomicfile"
)

// staleTemp is the age from which a temporary file is taken for the left-over of
// a killed process.
const staleTemp = time.Hour

// sweep removes what killed processes left in the folders that are written to, or
// that sources are deleted from: at once, and again when the last of it has come of age.
func (d *Daemon) sweep(ctx context.Context) {
	d.sweepAll(ctx)
	select {
	case <-ctx.Done():
	case <-time.After(staleTemp):
		d.sweepAll(ctx)
	}
}

func (d *Daemon) sweepAll(ctx context.Context) {
	seen := make(map[string]bool)
	for _, f := range d.current.Load().Pipeline().Folders {
		for _, dir := range []string{f.Root, f.Output, f.Archive, f.Failed} {
			if dir == "" || seen[dir] || ctx.Err() != nil {
				continue
			}
			seen[dir] = true
			n, err := sweepDir(ctx, dir)
			if n > 0 {
				d.options.Log.Info("removed stale temporary files", zap.String("dir", dir), zap.Int("removed", n))
			}
			if err != nil && ctx.Err() == nil {
				d.options.Log.Warn("look for stale temporary files", zap.String("dir", dir), zap.Error(err))
			}
		}
	}
}

func sweepDir(ctx context.Context, dir string) (int, error) {
	root, err := atomicfile.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer root.Close()
	return atomicfile.SweepTemps(ctx, root, staleTemp)
}
