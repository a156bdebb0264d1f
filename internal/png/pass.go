package png

// A pass is a sub-picture: every dx-th pixel of every dy-th row, from (x, y) on.
type pass struct{ x, y, dx, dy int }

var (
	wholePass   = []pass{{0, 0, 1, 1}}
	adam7Passes = []pass{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}}
)

// passes returns the passes in which the picture is stored.
func (c Config) passes() []pass {
	if c.Interlaced {
		return adam7Passes
	}
	return wholePass
}

// size returns the size of the sub-picture, which may have no columns or rows.
func (p pass) size(c Config) (w, h int) {
	return (c.Width - p.x + p.dx - 1) / p.dx, (c.Height - p.y + p.dy - 1) / p.dy
}
