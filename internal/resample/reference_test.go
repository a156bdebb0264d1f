package resample

import (
	"math"
)

// The reference: the same sums in float64, by the formulas of the packages that the room
// stands in for, without a matrix, a band or a cache.

// A naive gives the weight of source sample u for sample v of the result.
type naive func(u, v int) float64

// naiveResize weighs by the kernel around the centre of v, wherever u is.
func naiveResize(in int, from, extent float64, out int, k Kernel) naive {
	ratio := extent / float64(out)
	return normalised(in, func(u, v int) float64 {
		return naiveKernel(k, (float64(u)-(from+(float64(v)+0.5)*ratio-0.5))/math.Max(ratio, 1))
	})
}

func naiveBlur(n int, sigma float64) naive {
	radius := int(math.Ceil(sigma * 3))
	return normalised(n, func(u, v int) float64 {
		d := u - v
		if d < -radius || d > radius {
			return 0
		}
		return math.Exp(-float64(d*d)/(2*sigma*sigma)) / (sigma * math.Sqrt(2*math.Pi))
	})
}

// normalised divides by the sum over the plane, once per v.
func normalised(in int, w naive) naive {
	sums := map[int]float64{}
	return func(u, v int) float64 {
		sum, ok := sums[v]
		if !ok {
			for u := range in {
				sum += w(u, v)
			}
			sums[v] = sum
		}
		return w(u, v) / sum
	}
}

func naiveKernel(k Kernel, x float64) float64 {
	sinc := func(x float64) float64 {
		if x == 0 {
			return 1
		}
		return math.Sin(math.Pi*x) / (math.Pi * x)
	}
	x = math.Abs(x)
	switch {
	case k == Box && x <= 0.5:
		return 1
	case k == Linear && x < 1:
		return 1 - x
	case k == CatmullRom && x < 1:
		return 1 - 5*x*x/2 + 3*x*x*x/2
	case k == CatmullRom && x < 2:
		return 2 - 4*x + 5*x*x/2 - x*x*x/2
	case k == Lanczos && x < 3:
		return sinc(x) * sinc(x/3)
	}
	return 0
}

// dense returns the weights as out rows of in columns.
func (w naive) dense(in, out int) [][]float64 {
	m := make([][]float64, out)
	for v := range m {
		m[v] = make([]float64, in)
		for u := range in {
			m[v][u] = w(u, v)
		}
	}
	return m
}

// times returns the product: b on what a gives.
func times(b, a [][]float64) [][]float64 {
	m := make([][]float64, len(b))
	for v := range m {
		m[v] = make([]float64, len(a[0]))
		for j, w := range b[v] {
			if w == 0 {
				continue
			}
			for u, f := range a[j] {
				m[v][u] += w * f
			}
		}
	}
	return m
}

// A floatPlane is a plane whose samples are not rounded.
type floatPlane struct {
	pix                     []float64
	width, height, channels int
}

func floats(p Plane) floatPlane {
	f := floatPlane{make([]float64, p.samples()*p.Height), p.Width, p.Height, p.Channels}
	for y := range p.Height {
		for i, v := range p.row(y) {
			f.pix[y*p.samples()+i] = float64(v)
		}
	}
	return f
}

// apply returns the plane by the dense matrices x along the rows and y along the columns.
// With 8-bit samples between them it clamps to what those can hold.
func (f floatPlane) apply(x, y [][]float64) floatPlane {
	return f.alongRows(x).clamped().alongColumns(y).clamped()
}

func (f floatPlane) alongRows(x [][]float64) floatPlane {
	g := floatPlane{make([]float64, len(x)*f.channels*f.height), len(x), f.height, f.channels}
	for row := range f.height {
		for v := range x {
			for u, w := range x[v] {
				for c := range f.channels {
					g.pix[(row*g.width+v)*f.channels+c] += w * f.pix[(row*f.width+u)*f.channels+c]
				}
			}
		}
	}
	return g
}

func (f floatPlane) alongColumns(y [][]float64) floatPlane {
	n := f.width * f.channels
	g := floatPlane{make([]float64, n*len(y)), f.width, len(y), f.channels}
	for v := range y {
		for u, w := range y[v] {
			for i := range n {
				g.pix[v*n+i] += w * f.pix[u*n+i]
			}
		}
	}
	return g
}

func (f floatPlane) clamped() floatPlane {
	for i, v := range f.pix {
		f.pix[i] = math.Min(math.Max(v, 0), 255)
	}
	return f
}

// distance returns the largest difference of a sample.
func (f floatPlane) distance(p Plane) float64 {
	d := 0.0
	for y := range p.Height {
		for i, v := range p.row(y) {
			d = math.Max(d, math.Abs(float64(v)-f.pix[y*p.samples()+i]))
		}
	}
	return d
}
