package resample

import "math"

// A Kernel says how far, and by which weights, the samples around a place count for it.
type Kernel uint8

// The kernels, from the narrowest to the widest. Support is their radius in samples, of
// the result where it is the smaller side.
const (
	Box        Kernel = iota // the mean of what a sample covers; support 0.5
	Linear                   // a triangle; support 1
	CatmullRom               // the cubic with B = 0, C = 1/2; support 2
	Lanczos                  // a windowed sinc of three lobes; support 3
)

var supports = [...]float64{Box: 0.5, Linear: 1, CatmullRom: 2, Lanczos: 3}

func (k Kernel) support() float64 { return supports[k] }

func (k Kernel) valid() bool { return int(k) < len(supports) }

// at returns the kernel's weight at a distance of x, not normalised.
func (k Kernel) at(x float64) float64 {
	x = math.Abs(x)
	switch {
	case k == Box && x <= 0.5:
		return 1
	case k == Linear && x < 1:
		return 1 - x
	case k == CatmullRom && x < 1:
		return (1.5*x-2.5)*x*x + 1
	case k == CatmullRom && x < 2:
		return ((-0.5*x+2.5)*x-4)*x + 2
	case k == Lanczos && x < 3:
		return sinc(x) * sinc(x/3)
	default:
		return 0
	}
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}
