package render

import "imgwatchd/internal/resample"

// tile is the side of the squares in which a plane is transposed: so many rows of either
// plane stay in cache, where whole columns would not.
const tile = 32

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
	width := dst.Width // of a tile; what is not transposed goes row by row
	if v.transposed {
		width = tile
	}
	for top := 0; top < dst.Height; top += tile {
		for left := 0; left < dst.Width; left += width {
			n := min(width, dst.Width-left)
			for y := top; y < min(top+tile, dst.Height); y++ {
				row := dst.Pix[y*dst.Stride+c*left:][:c*n]
				writeRun(row, src.Pix, start+y*down+left*right, right, c)
			}
		}
	}
}

// writeRun fills row with samples of one or four channels: those at from, and on in steps.
func writeRun(row, pix []uint8, from, step, channels int) {
	if channels == 1 {
		for x := range row {
			row[x] = pix[from]
			from += step
		}
		return
	}
	for ; len(row) > 0; row = row[4:] {
		*(*[4]uint8)(row) = [4]uint8(pix[from:])
		from += step
	}
}
