package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"imgwatchd/internal/codec"
	"imgwatchd/internal/job"
	"imgwatchd/internal/render"
)

// A rendition is an encoded result with its digest.
type rendition struct {
	render.Rendition
	sha256 string // lower-case hex
}

// transform is a transformer: it makes the renditions of each item that comes
// in and sends it on.
func (p *Pipeline) transform(ctx context.Context, in <-chan *item, out chan<- *item) {
	for it := range in {
		p.stage(Transform, it, &it.timings.Transform, func() error {
			if len(it.targets) == 0 { // only its source is to be seen to
				return nil
			}
			return p.render(ctx, it)
		})
		out <- it // writers take items until this channel is closed
	}
}

// render makes the renditions of it within the timeout. Pixels are worked on in
// a goroutine of their own, so that it can be given up; the memory that it books
// is given back when it ends, whoever still waits for it.
func (p *Pipeline) render(ctx context.Context, it *item) error {
	ctx, cancel := context.WithTimeout(ctx, p.options.Timeout)
	defer cancel()

	header, data, plans := it.header, it.data, it.plans()
	it.data = nil
	var results []rendition
	done := make(chan error, 1)
	go func() {
		err := guarded("transform", func() (err error) {
			results, err = p.make(ctx, data, header, plans)
			return err
		})
		done <- err
	}()

	select {
	case err := <-done:
		if ctx.Err() != nil {
			return p.givenUp(ctx.Err())
		}
		it.results = results
		if it.past.Crashes == 0 { // a suspect stays alone to its end
			p.unbook(it, it.encodedSize())
		}
		return err
	case <-ctx.Done():
		orphan := it.booked
		it.booked = 0
		go func() { p.outlast(done); p.release(orphan) }()
		return p.givenUp(ctx.Err())
	}
}

// patience is how many timeouts work that was given up may still take before it counts
// as hung. Then its memory is lost, but it holds up no other.
const patience = 10

// outlast waits until work that was given up is over, or hangs.
func (p *Pipeline) outlast(done <-chan error) {
	select {
	case <-done:
	case <-time.After(patience * p.options.Timeout):
	}
}

// givenUp returns the reason of an item whose context ended.
func (p *Pipeline) givenUp(cause error) error {
	if errors.Is(cause, context.DeadlineExceeded) {
		return job.Rejectf(job.Timeout, "transform", "took longer than %v (limits.timeout)", p.options.Timeout)
	}
	return job.Reject(job.Stopping, "transform", cause)
}

// renderAll makes renditions and their digests.
func renderAll(ctx context.Context, data []byte, h codec.Header, plans []render.Plan) ([]rendition, error) {
	made, err := render.Render(ctx, data, h, plans)
	if err != nil {
		return nil, err
	}
	results := make([]rendition, len(made))
	for i, r := range made {
		sum := sha256.Sum256(r.Data)
		results[i] = rendition{r, hex.EncodeToString(sum[:])}
	}
	return results, nil
}

// encodedSize returns the bytes of all results.
func (it *item) encodedSize() (n int64) {
	for _, r := range it.results {
		n += int64(len(r.Data))
	}
	return n
}
