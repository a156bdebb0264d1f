package pixel

// Luma returns the luma of a colour by the weights of ITU-R BT.601 in sixteen bits, rounded, as
// [image/color.RGBToYCbCr] does.
func Luma(r, g, b uint8) uint8 {
	return uint8((19595*uint32(r) + 38470*uint32(g) + 7471*uint32(b) + 1<<15) >> 16)
}

// GrayFromRGB makes the luma of as many pixels of three bytes as dst has samples.
func GrayFromRGB(dst, src []uint8) {
	src = src[:3*len(dst)]
	for i := rgbKernel(dst, src); i < len(dst); i++ {
		p := src[3*i:][:3]
		dst[i] = Luma(p[0], p[1], p[2])
	}
}

// GrayFromRGBA makes the luma of as many pixels of four bytes as dst has samples. The fourth
// byte is not looked at.
func GrayFromRGBA(dst, src []uint8) {
	src = src[:4*len(dst)]
	for i := rgbaKernel(dst, src); i < len(dst); i++ {
		p := src[4*i:][:3]
		dst[i] = Luma(p[0], p[1], p[2])
	}
}
