package jpeg

// Blocks hold only the coefficients that the scale needs, in the order that their inverse
// DCT wants. A slotTable gives the place of each coefficient, counted in the order of the
// file, in a block. What is not needed goes to a place behind, which nobody reads.
// Counting beyond the last coefficient is found out after the block.
type slotTable [128]uint8

// A 1/1 block is held column by column: see idctPair. The others are held row by row.
var (
	fullSlots    = makeSlots(8)
	halfSlots    = makeSlots(4)
	quarterSlots = makeSlots(2)
	meanSlots    = makeSlots(1)
)

func makeSlots(size int) *slotTable {
	t := new(slotTable)
	for i := range t {
		t[i] = uint8(min(size*size, blockLen-1))
	}
	for i, natural := range zigzag {
		row, col := int(natural)/8, int(natural)%8
		switch {
		case size == 8:
			t[i] = uint8(8*col + row)
		case row < size && col < size:
			t[i] = uint8(size*row + col)
		}
	}
	return t
}

func slotsOf(size int) *slotTable {
	switch size {
	case 8:
		return fullSlots
	case 4:
		return halfSlots
	case 2:
		return quarterSlots
	}
	return meanSlots
}

// lastNeeded is the last coefficient of the corner of a size, in the order of the file.
func lastNeeded(size int) int {
	switch size {
	case 8:
		return 63
	case 4:
		return 24
	case 2:
		return 4
	}
	return 0
}

// corner has a bit for each coefficient that a size needs.
func corner(size int) uint64 {
	var bits uint64
	for i, natural := range zigzag {
		if int(natural)/8 < size && int(natural)%8 < size {
			bits |= 1 << i
		}
	}
	return bits
}
