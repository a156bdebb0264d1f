package pixel

// RGBAFromRGB makes as many opaque pixels of four bytes as dst holds of pixels of three.
func RGBAFromRGB(dst, src []uint8) {
	n := len(dst) / 4
	dst, src = dst[:4*n], src[:3*n]
	for i := expandKernel(dst, src); i < n; i++ {
		s, d := src[3*i:][:3], dst[4*i:][:4]
		d[0], d[1], d[2], d[3] = s[0], s[1], s[2], 255
	}
}
