package pipeline

import (
	"context"

	"imgwatchd/internal/job"
)

// Preview takes jobs from next as Run does and finishes each as if it had been
// done: sources are read and renditions planned and named, but nothing is
// decoded, written or moved. The outputs have no size and no digest.
func (p *Pipeline) Preview(ctx context.Context, next func() (job.Job, bool)) {
	for ctx.Err() == nil {
		j, ok := next()
		if !ok {
			return
		}
		it := p.newItem(j)
		p.stage(Read, it, &it.timings.Read, func() error { return p.load(ctx, it) })
		p.unbook(it, 0)
		p.stage(Write, it, &it.timings.Write, func() error { return p.pretend(it) })
		p.finish(it)
	}
}

// pretend takes the names of the renditions of it as publishing them would.
func (p *Pipeline) pretend(it *item) error {
	for _, t := range it.targets {
		me := p.owner(it)
		holder, _ := p.claims.take(p.key(it, t), me, func() bool { return true })
		if holder != me && it.folder.OnConflict != Rename {
			return p.conflict(it, t, holder)
		}
		it.outputs = append(it.outputs, it.output(t))
	}
	return nil
}
