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
		if it.err == nil {
			for i := range it.targets {
				it.outputs = append(it.outputs, it.output(&it.targets[i]))
			}
		}
		p.finish(it)
	}
}
