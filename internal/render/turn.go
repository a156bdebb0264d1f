package render

import "imgwatchd/internal/resample"

// writeTurned writes src to dst as v is turned: mirrored at its diagonal, its middle column or
// its middle row.
func writeTurned(dst, src resample.Plane, v *view) {
	c := src.Channels
	right, down, start := c, src.Stride, 0
	if v.transposed {
		right, down = down, right
	}
	if v.x.mirrored {
		start += (dst.Width - 1) * right
		right = -right
	}
	if v.y.mirrored {
		start += (dst.Height - 1) * down
		down = -down
	}
	for y := range dst.Height {
		row, from := dst.Pix[y*dst.Stride:][:c*dst.Width], start+y*down
		if c == 1 {
			for x := range row {
				row[x] = src.Pix[from]
				from += right
			}
			continue
		}
		for ; len(row) > 0; row = row[c:] {
			copy(row[:c], src.Pix[from:])
			from += right
		}
	}
}
