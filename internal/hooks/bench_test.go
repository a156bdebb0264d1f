package hooks

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"imgwatchd/internal/job"
	"imgwatchd/internal/ledger"
)

// BenchmarkRecord is what it costs to record the end of a job: without hooks, and with
// one that is told of each at once.
func BenchmarkRecord(b *testing.B) {
	b.Run("no hook", func(b *testing.B) { benchmarkRecord(b, nil) })
	b.Run("hook", func(b *testing.B) { benchmarkRecord(b, []Hook{{Name: "h", On: job.Done, Concurrency: 8}}) })
}

func benchmarkRecord(b *testing.B, hooks []Hook) {
	l, err := ledger.Open(b.TempDir(), ledger.Options{})
	if err != nil {
		b.Fatal(err)
	}
	stop := l.Start()
	r := New(l, Options{})
	r.newSender = func(Hook) sender { return script(func(context.Context, message) verdict { return well }) }
	if err := r.Configure(hooks); err != nil {
		b.Fatal(err)
	}
	intake, end := context.WithCancel(context.Background())
	over := make(chan struct{})
	go func() {
		r.Run(intake, context.Background())
		close(over)
	}()
	var n atomic.Int64
	b.SetParallelism(16)
	b.ResetTimer()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if err := l.Record(outcome(fmt.Sprintf("sub/folder/%08d.jpg", n.Add(1)), job.Done), photos); err != nil {
				b.Error(err)
			}
		}
	})
	b.StopTimer()
	b.ReportMetric(float64(r.Waiting()), "waiting")
	end()
	<-over
	if err := stop(); err != nil {
		b.Error(err)
	}
}
