package resample

import "fmt"

// A Plane is a picture of 8-bit samples in rows. Row y begins at Pix[y*Stride] and holds
// Width pixels of Channels samples each, side by side; Channels is 1 or 4.
type Plane struct {
	Pix      []byte
	Stride   int // bytes from row to row
	Width    int
	Height   int
	Channels int
}

// samples returns the bytes of a row.
func (p *Plane) samples() int { return p.Width * p.Channels }

func (p *Plane) row(y int) []byte { return p.Pix[y*p.Stride:][:p.samples()] }

// rows returns the part of the plane that has the rows [lo, hi).
func (p *Plane) rows(lo, hi int) Plane {
	q := *p
	q.Pix, q.Height = p.Pix[lo*p.Stride:(hi-1)*p.Stride+p.samples()], hi-lo
	return q
}

func (p *Plane) check() error {
	if p.Channels != 1 && p.Channels != 4 {
		return fmt.Errorf("plane of %d channels: 1 or 4 it must have", p.Channels)
	}
	if p.Width < 1 || p.Height < 1 || p.Width > maxSide || p.Height > maxSide {
		return fmt.Errorf("plane of %d×%d samples", p.Width, p.Height)
	}
	if p.Stride < p.samples() || (int64(p.Height)-1)*int64(p.Stride)+int64(p.samples()) > int64(len(p.Pix)) {
		return fmt.Errorf("plane of %d×%d pixels of %d bytes, %d bytes apart, in %d bytes", p.Width, p.Height, p.Channels, p.Stride, len(p.Pix))
	}
	return nil
}
