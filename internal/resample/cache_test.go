package resample

import (
	"context"
	"math/rand/v2"
	"testing"
)

func (c *cache) held() (entries, bytes int) {
	for _, e := range c.entries {
		bytes += e.table.bytes()
	}
	return len(c.entries), bytes
}

func TestCacheIsBounded(t *testing.T) {
	if raced {
		t.Skip("arithmetic in one goroutine")
	}
	var s Scaler
	rnd := rand.New(rand.NewPCG(1, 2))
	ctx := context.Background()
	for i := range 300 {
		n := 1 + rnd.IntN(1000)
		if i%10 == 0 {
			n = 30000 // rows of a picture that is all width
		}
		src, dst := newPlane(n, 2, 1), newPlane(n/2+1, 2, 1)
		if err := s.Scale(ctx, dst, src, Blur(n, rnd.Float64()*10).Then(Resize(n, 0, float64(n), n/2+1, Lanczos)), Window(2, 0, 2)); err != nil {
			t.Fatal(err)
		}
		if entries, bytes := s.cache.held(); entries > cacheEntries || bytes > cacheBytes || bytes != s.cache.bytes {
			t.Fatalf("%d entries of %d bytes, counted as %d", entries, bytes, s.cache.bytes)
		}
	}
}

// The tables of what is scaled over and over stay, whatever else comes and goes.
func TestCacheKeepsWhatIsUsed(t *testing.T) {
	var s Scaler
	ctx := context.Background()
	regular := Resize(50, 0, 50, 20, Lanczos)
	src, dst := newPlane(50, 50, 1), newPlane(20, 20, 1)
	for i := range 3 * cacheEntries {
		if err := s.Scale(ctx, dst, src, regular, regular); err != nil {
			t.Fatal(err)
		}
		other := newPlane(60+i, 50, 1)
		if err := s.Scale(ctx, dst, other, Resize(60+i, 0, 10, 20, Lanczos), regular); err != nil {
			t.Fatal(err)
		}
		if s.cache.find(regular.steps, tapsUnit) == nil || s.cache.find(regular.steps, 0) == nil {
			t.Fatalf("forgotten after %d others", i)
		}
	}
}

// What is in use for the current picture is not evicted by its other axis.
func TestCacheSparesCurrent(t *testing.T) {
	c := cache{picture: 1}
	big := table{weights: make([]int16, cacheBytes/2-100)}
	if c.keep(Blur(1, 1).steps, 0, &big) == nil {
		t.Fatal("a table that fits is not kept")
	}
	if c.keep(Blur(2, 1).steps, 0, &big) != nil {
		t.Error("a table of the same picture was evicted")
	}
	c.picture++
	if c.keep(Blur(2, 1).steps, 0, &big) == nil || len(c.entries) != 1 {
		t.Error("a table of the picture before was not evicted")
	}
}
