package png

import "errors"

// The filters of rows.
const (
	filterNone = iota
	filterSub
	filterUp
	filterAverage
	filterPaeth
)

var errFilter = errors.New("unknown filter of a row")

// unfilter undoes the filter of a row. prev is the row above, unfiltered; pixel is the
// bytes of a pixel, at least one. All slices are of the same length, and dst is none of the
// others.
func unfilter(filter byte, dst, src, prev []byte, pixel int) error {
	if filter == filterNone {
		copy(dst, src)
		return nil
	}
	from := undone(filter, dst, src, prev, pixel)
	switch filter {
	case filterSub:
		unfilterSub(dst, src, pixel, from)
	case filterUp:
		unfilterUp(dst[from:], src[from:], prev[from:])
	case filterAverage:
		unfilterAverage(dst, src, prev, pixel, from)
	case filterPaeth:
		unfilterPaeth(dst, src, prev, pixel, from)
	default:
		return errFilter
	}
	return nil
}

// unfilterSub does so from the byte number from on, which begins a pixel, as do the others.
func unfilterSub(dst, src []byte, pixel, from int) {
	dst = dst[:len(src)]
	for ; from < min(pixel, len(src)); from++ {
		dst[from] = src[from]
	}
	for i := from; i < len(src); i++ {
		dst[i] = src[i] + dst[i-pixel]
	}
}

func unfilterUp(dst, src, prev []byte) {
	dst, prev = dst[:len(src)], prev[:len(src)]
	for i := range src {
		dst[i] = src[i] + prev[i]
	}
}

func unfilterAverage(dst, src, prev []byte, pixel, from int) {
	dst, prev = dst[:len(src)], prev[:len(src)]
	for ; from < min(pixel, len(src)); from++ {
		dst[from] = src[from] + prev[from]/2
	}
	for i := from; i < len(src); i++ {
		dst[i] = src[i] + uint8((uint(dst[i-pixel])+uint(prev[i]))/2)
	}
}

func unfilterPaeth(dst, src, prev []byte, pixel, from int) {
	dst, prev = dst[:len(src)], prev[:len(src)]
	for first := from; first < min(from+pixel, len(src)); first++ {
		left, corner := 0, 0
		if from > 0 {
			left, corner = int(dst[first-pixel]), int(prev[first-pixel])
		}
		for i := first; i < len(src); i += pixel {
			up := int(prev[i])
			left = int(src[i] + uint8(paeth(left, up, corner)))
			dst[i] = uint8(left)
			corner = up
		}
	}
}

// paeth returns the one of the neighbours that is nearest to left + up - corner.
func paeth(left, up, corner int) int {
	toLeft, toUp := up-corner, left-corner
	toCorner := abs(toLeft + toUp)
	toLeft, toUp = abs(toLeft), abs(toUp)
	if toUp < toLeft {
		toLeft, left = toUp, up
	}
	if toCorner < toLeft {
		left = corner
	}
	return left
}

func abs(n int) int {
	sign := n >> 63
	return (n ^ sign) - sign
}
