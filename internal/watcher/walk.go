package watcher

import (
	"context"
	"io/fs"
	"os"

	"imgwatchd/internal/atomicfile"
)

// Walk calls dir for every directory below the root that a watcher would watch, with
// its slash-separated path, and file for every regular file that the patterns admit.
// It only looks, follows no links, and passes over what cannot be listed, but for the
// root. When ctx ends it stops and returns the cause.
func (o Options) Walk(ctx context.Context, dir func(p string), file func(p string, fi fs.FileInfo)) error {
	o = o.withDefaults()
	root, err := atomicfile.OpenRoot(o.Root)
	if err != nil {
		return err
	}
	defer root.Close()
	w := walk{o, newFilter(o.Include, o.Exclude), root, []string{"."}, dir, file}
	for len(w.pending) > 0 {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		last := len(w.pending) - 1
		p := w.pending[last]
		w.pending = w.pending[:last]
		if err := w.list(ctx, p); err != nil && p == "." {
			return err
		}
	}
	return nil
}

type walk struct {
	Options
	filter  filter
	root    *os.Root
	pending []string
	dir     func(string)
	file    func(string, fs.FileInfo)
}

// list takes up the entries of one directory.
func (w *walk) list(ctx context.Context, p string) error {
	f, err := openDir(w.root, p)
	if err != nil {
		return err
	}
	defer f.Close()
	w.dir(p)
	for ctx.Err() == nil {
		entries, err := f.ReadDir(scanBatch)
		for _, e := range entries {
			w.entry(below(p, e.Name()), e)
		}
		if err != nil || len(entries) == 0 {
			return nil // at the end, or as far as it can be read
		}
	}
	return nil
}

func (w *walk) entry(p string, e fs.DirEntry) {
	switch {
	case e.IsDir() && w.Recursive && !w.filter.hidesDir(p):
		w.pending = append(w.pending, p)
	case e.Type().IsRegular() && w.filter.takesFile(p):
		if fi, err := e.Info(); err == nil {
			w.file(p, fi)
		}
	}
}
