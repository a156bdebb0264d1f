package ledger

import (
	"bytes"
	"fmt"
	"sync/atomic"
	"testing"

	"imgwatchd/internal/job"
)

// BenchmarkJob is what the ledger costs a job: three questions, a beginning and an end;
// without hooks, and with one that is dead.
func BenchmarkJob(b *testing.B) {
	event := bytes.Repeat([]byte("e"), 900)
	address := func(string, job.Outcome) ([]string, []byte) { return []string{"dead"}, event }
	b.Run("no hook", func(b *testing.B) { benchmarkJob(b, Hooks{}) })
	b.Run("dead hook", func(b *testing.B) { benchmarkJob(b, Hooks{Names: []string{"dead"}, Address: address}) })
}

func benchmarkJob(b *testing.B, h Hooks) {
	l, err := Open(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	stop := l.Start()
	defer func() {
		if err := stop(); err != nil {
			b.Error(err)
		}
	}()
	if err := l.SetHooks(h); err != nil {
		b.Fatal(err)
	}
	var n atomic.Int64
	r := photos()
	b.SetParallelism(16)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			i := n.Add(1)
			j := job.Job{Path: fmt.Sprintf("sub/folder/%08d.jpg", i), Fingerprint: job.Fingerprint{Size: 5, ModTime: i, Inode: uint64(i)}}
			l.Settled(j, r)
			_, _ = l.Own(j.Fingerprint)
			_, _ = l.Recall(j, r)
			_ = l.Begin(j, r)
			l.MadeFrom("/out/" + j.Path)
			if err := l.Record(done(j, "thumb", "web"), r); err != nil {
				b.Error(err)
			}
		}
	})
}
