package resample

func sumRows8(dst, src []uint8, stride int, weights []int16) { sumRows(dst, src, stride, weights) }

func sumRows16(dst, src []uint16, stride int, weights []int16) { sumRows(dst, src, stride, weights) }

func sumTaps8(dst, src []uint8, rows []band, weights []int16, taps int) {
	sumTaps(dst, src, rows, weights, taps)
}

func sumPixels8(dst, src []uint8, rows []band, weights []int16, taps int) {
	sumPixels(dst, src, rows, weights, taps)
}

func sumPixels16(dst, src []uint16, rows []band, weights []int16, taps int) {
	sumPixels(dst, src, rows, weights, taps)
}
