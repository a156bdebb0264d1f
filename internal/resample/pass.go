package resample

// A sample is 8 bits of a picture, or 16 of a colour multiplied by its alpha.
type sample interface{ uint8 | uint16 }

// bias is what is taken off samples of a type before they are weighed, so that 16 bits
// fit the signed multiplication; as weights sum to one it comes back unchanged.
func bias[S sample]() int32 {
	if int32(^S(0)) > 255 {
		return 1 << 15
	}
	return 0
}

// round brings a sum of weighted samples back to a sample.
func round[S sample](sum int32) S {
	v := (sum+one/2)>>precision + bias[S]()
	return S(min(max(v, 0), int32(^S(0))))
}

// blockLen is how many columns are summed at a time: their sums stay in the nearest cache.
const blockLen = 256

// sumRows is the pass along the columns: sample i of dst becomes the weighted sum of
// src[i], src[i+stride], src[i+2*stride] and so on, one for each weight.
func sumRows[S sample](dst, src []S, stride int, weights []int16) {
	var sums [blockLen]int32
	for len(dst) > 0 {
		n := min(len(dst), blockLen)
		clear(sums[:n])
		for k, w := range weights {
			w := int32(w)
			row := src[k*stride:][:n]
			for i := range row {
				sums[i] += w * (int32(row[i]) - bias[S]())
			}
		}
		for i := range dst[:n] {
			dst[i] = round[S](sums[i])
		}
		dst, src = dst[n:], src[min(n, len(src)):]
	}
}

// sumTaps is the pass along a row: sample i of dst becomes the sum of the samples of src
// that row i of the table, the rows of which are padded, has weights for.
func sumTaps[S sample](dst, src []S, t *table) {
	for i := range dst {
		start, w := t.row(t.lo + i)
		s := src[start:][:len(w)]
		var sum int32
		for k, v := range s {
			sum += int32(w[k]) * (int32(v) - bias[S]())
		}
		dst[i] = round[S](sum)
	}
}

// sumPixels is sumTaps for pixels of four samples.
func sumPixels[S sample](dst, src []S, t *table) {
	for i := range len(dst) / 4 {
		start, w := t.row(t.lo + i)
		s := src[4*start:][:4*len(w)]
		var sum [4]int32
		for k, w := range w {
			w, p := int32(w), s[4*k:][:4]
			for c := range sum {
				sum[c] += w * (int32(p[c]) - bias[S]())
			}
		}
		for c, v := range sum {
			dst[4*i+c] = round[S](v)
		}
	}
}
