//go:build !amd64

package resample

func multiply(dst []uint16, src []byte) { multiplyGo(dst, src) }

func sumRows8(dst, src []uint8, stride int, weights []int16) { sumRows(dst, src, stride, weights) }

func sumRows16(dst, src []uint16, stride int, weights []int16) { sumRows(dst, src, stride, weights) }

func sumTaps8(dst, src []uint8, t *table) { sumTaps(dst, src, t) }

func sumPixels8(dst, src []uint8, t *table) { sumPixels(dst, src, t) }

func sumPixels16(dst, src []uint16, t *table) { sumPixels(dst, src, t) }
