package pixel

import "golang.org/x/sys/cpu"

//go:generate go run ./asm -out kernels_amd64.s -stubs kernels_amd64.go -pkg pixel

// step is how many pixels the kernels make at a time.
const step = 16

// rgbKernel makes the first samples and returns how many.
func rgbKernel(dst, src []uint8) int { return inSteps(grayFromRGBAVX2, dst, src, 1, 3) }

// rgbaKernel makes the first samples and returns how many.
func rgbaKernel(dst, src []uint8) int { return inSteps(grayFromRGBAAVX2, dst, src, 1, 4) }

// expandKernel makes the first pixels and returns how many.
func expandKernel(dst, src []uint8) int { return inSteps(expandAVX2, dst, src, 4, 3) }

// inSteps has a kernel make whole steps, the last of which may overlap the one before. A pixel has
// from bytes in src and to in dst.
func inSteps(kernel func(dst, src *byte, n int), dst, src []uint8, to, from int) int {
	n := len(dst) / to
	if !cpu.X86.HasAVX2 || n < step {
		return 0
	}
	_ = src[from*n-1]
	kernel(&dst[0], &src[0], n&^(step-1))
	if n%step != 0 {
		kernel(&dst[to*(n-step)], &src[from*(n-step)], step)
	}
	return n
}
