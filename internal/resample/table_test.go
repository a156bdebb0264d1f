package resample

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// exact returns the rows of an axis in float64.
func exact(a *Axis) [][]float64 {
	var m matrix
	m.reset(a)
	rows := make([][]float64, a.Out())
	for r := range rows {
		start, w := m.row(r)
		rows[r] = make([]float64, a.In())
		copy(rows[r][start:], w)
	}
	return rows
}

func TestMatrixAgainstReference(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 400 {
		c := choose(rnd, side(rnd), side(rnd))
		for v, row := range exact(c.Axis) {
			for u, w := range row {
				if math.Abs(w-c.want[v][u]) > 1e-9 {
					t.Fatalf("%s: weight of %d for %d is %v, want %v", c.name, u, v, w, c.want[v][u])
				}
			}
		}
	}
}

// fixed returns the rows of a table, zeros and all.
func fixed(t *table, in int) [][]int {
	var rows [][]int
	for r := t.lo; r < t.hi; r++ {
		start, w := t.row(r)
		row := make([]int, max(in, start+len(w)))
		for i, v := range w {
			row[start+i] = int(v)
		}
		rows = append(rows, row)
	}
	return rows
}

// Rows sum to one, their weights are right to a unit, and so is every part of their sum.
func TestTable(t *testing.T) {
	var c compiler
	var compact, wide table
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 400 {
		a := choose(rnd, side(rnd), side(rnd))
		if err := c.compile(context.Background(), &compact, a.Axis, 0); err != nil {
			t.Fatal(err)
		}
		rows := exact(a.Axis)
		if compact.hi != len(rows) {
			t.Fatalf("%s: %d rows of %d", a.name, compact.hi, len(rows))
		}
		for v, row := range fixed(&compact, a.In()) {
			want, got := 0.0, 0
			for u, w := range row {
				want += rows[v][u] * one
				got += w
				if math.Abs(want-float64(got)) > 0.5001 || math.Abs(float64(w)-rows[v][u]*one) > 1.0001 {
					t.Fatalf("%s: row %d, sample %d: weight %d for %v, sum %d for %v", a.name, v, u, w, rows[v][u]*one, got, want)
				}
			}
			if got != one {
				t.Fatalf("%s: row %d sums to %d", a.name, v, got)
			}
		}
		for _, unit := range []int{pixelsUnit, tapsUnit} {
			wide.pad(&compact, a.In(), unit)
			for r, b := range wide.rows {
				if int(b.n) != wide.taps || wide.taps%unit != 0 || int(b.start)+wide.taps > max(a.In(), wide.taps) {
					t.Fatalf("%s: row %d from %d has %d taps of %d", a.name, r, b.start, b.n, wide.taps)
				}
			}
			padded := fixed(&wide, a.In())
			for r, row := range fixed(&compact, a.In()) {
				if !slices.Equal(row, padded[r][:len(row)]) {
					t.Fatalf("%s: row %d changes when it is padded", a.name, r)
				}
			}
		}
	}
}

// No single step comes near the bound on what kernels may ring.
func TestOvershoot(t *testing.T) {
	var c compiler
	var table table
	most := 0
	for in := 1; in < 60; in++ {
		for out := 1; out < 200; out += 1 + out/20 {
			for _, from := range []float64{0, 0.3, -2, float64(in) - 0.5} {
				a := Resize(in, from, float64(in), out, Lanczos)
				if err := c.compile(context.Background(), &table, a, 0); err != nil {
					t.Fatal(err)
				}
				for r := range table.rows {
					_, w := table.row(r)
					size := 0
					for _, v := range w {
						size += max(int(v), -int(v))
					}
					most = max(most, size)
				}
			}
		}
	}
	if most > one*16/10 {
		t.Errorf("rows of up to %.3f without signs", float64(most)/one)
	}
	if positive := float64(most+one) / 2 / one; opaque*positive > 65535 {
		t.Errorf("what is opaque can become %.3f of that, and 16 bits hold only %.3f", positive, 65535.0/opaque)
	}
}

func TestRingingChainIsRefused(t *testing.T) {
	var c compiler
	if _, _, err := c.quantise([]float64{-1, 3, -1}); err == nil {
		t.Error("weights of 5 without signs are taken")
	}
	if _, w, err := c.quantise([]float64{-0.9, 1.9, 0}); err != nil || !slices.Equal(w, []int16{-14746, 31130}) {
		t.Errorf("weights of 2.8 without signs: %v, %v", w, err)
	}
}

// The rows of a blur share their weights, so that its table is short.
func TestBlurIsShared(t *testing.T) {
	var c compiler
	var table table
	if err := c.compile(context.Background(), &table, Blur(30000, 20), 0); err != nil {
		t.Fatal(err)
	}
	if len(table.weights) > 121*121 || table.hi != 30000 {
		t.Errorf("%d weights for %d rows", len(table.weights), table.hi)
	}
}

func TestPicks(t *testing.T) {
	tests := []struct {
		axis *Axis
		from int
		ok   bool
	}{
		{Window(10, 0, 10), 0, true},
		{Window(10, 3, 4), 3, true},
		{Resize(10, 0, 10, 10, Lanczos), 0, true},
		{Resize(10, 2, 5, 5, CatmullRom), 2, true},
		{Blur(10, 0), 0, true},
		{Window(10, 3, 6).Then(Window(6, 2, 3)), 5, true},
		{Resize(10, 2.5, 5, 5, CatmullRom), 0, false},
		{Resize(10, 0, 10, 20, Box), 0, false},
		{Resize(10, 0, 10, 5, Box), 0, false},
		{Blur(10, 1), 0, false},
	}
	for i, tt := range tests {
		var c cache
		var part table
		cur, err := c.open(context.Background(), tt.axis, 0, &part)
		if err != nil {
			t.Fatal(err)
		}
		if from, ok := cur.picks(); from != tt.from || ok != tt.ok {
			t.Errorf("%d: picks from %d, %v", i, from, ok)
		}
	}
}
