package meter

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// stageNames are the stages of the pipeline, in their order.
var stageNames = [...]string{"read", "transform", "write"}

func stageIndex(name string) int { return slices.Index(stageNames[:], name) }

// StageTimes says where time went in a stage over the last hour: means for one item.
type StageTimes struct {
	Stage string
	Items int64
	Wait  time.Duration // before the stage
	Busy  time.Duration // in it
}

// A stage counts the items that left a stage of the pipeline.
type stage struct {
	items, wait, busy  atomic.Int64 // wait and busy: nanoseconds
	waitTime, busyTime prometheus.Observer
}

func (s *stage) histograms(v *vectors, name string) {
	s.waitTime = v.stageWait.WithLabelValues(name)
	s.busyTime = v.stageBusy.WithLabelValues(name)
}

func (s *stage) add(wait, busy time.Duration) {
	s.items.Add(1)
	s.wait.Add(int64(wait))
	s.busy.Add(int64(busy))
	s.waitTime.Observe(wait.Seconds())
	s.busyTime.Observe(busy.Seconds())
}

func (s *stage) sums() sums {
	return sums{s.items.Load(), time.Duration(s.wait.Load()), time.Duration(s.busy.Load())}
}

// Sums are of the items that left a stage.
type sums struct {
	items      int64
	wait, busy time.Duration
}

func (s sums) plus(o sums) sums  { return sums{s.items + o.items, s.wait + o.wait, s.busy + o.busy} }
func (s sums) minus(o sums) sums { return sums{s.items - o.items, s.wait - o.wait, s.busy - o.busy} }

// means returns the times of one item.
func (s sums) means(name string) StageTimes {
	n := time.Duration(max(s.items, 1))
	return StageTimes{Stage: name, Items: s.items, Wait: s.wait / n, Busy: s.busy / n}
}
