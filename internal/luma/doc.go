// Package luma makes gray rows of coloured ones, by the weights of ITU-R BT.601 in sixteen
// bits, rounded: the luma of [image/color.RGBToYCbCr]. All that makes a picture gray in
// this program gives the same samples.
//
// Kernels in assembly see whole groups of pixels of rows whose lengths were checked.
package luma

// RGB makes gray of as many pixels of three bytes as dst has samples.
func RGB(dst, src []uint8) {
	src = src[:3*len(dst)]
	for i := rgbKernel(dst, src); i < len(dst); i++ {
		dst[i] = of(src[3*i:][:3])
	}
}

// RGBA makes gray of as many pixels of four bytes as dst has samples. The fourth byte is
// not looked at.
func RGBA(dst, src []uint8) {
	src = src[:4*len(dst)]
	for i := rgbaKernel(dst, src); i < len(dst); i++ {
		dst[i] = of(src[4*i:][:3])
	}
}

// Of returns the luma of a colour.
func Of(r, g, b uint8) uint8 {
	return uint8((19595*uint32(r) + 38470*uint32(g) + 7471*uint32(b) + 1<<15) >> 16)
}

func of(p []uint8) uint8 { return Of(p[0], p[1], p[2]) }
