package luma

import "golang.org/x/sys/cpu"

//go:generate go run ./asm -out luma_amd64.s -stubs luma_amd64.go -pkg luma

// step is how many pixels the kernels make at a time.
const step = 16

// rgbKernel makes the first samples and returns how many.
func rgbKernel(dst, src []uint8) int { return inSteps(rgbAVX2, dst, src, 3) }

// rgbaKernel makes the first samples and returns how many.
func rgbaKernel(dst, src []uint8) int { return inSteps(rgbaAVX2, dst, src, 4) }

// inSteps has a kernel make whole steps, the last of which may overlap the one before.
func inSteps(kernel func(dst, src *byte, n int), dst, src []uint8, pixel int) int {
	n := len(dst)
	if !cpu.X86.HasAVX2 || n < step {
		return 0
	}
	_ = src[pixel*n-1]
	kernel(&dst[0], &src[0], n&^(step-1))
	if n%step != 0 {
		kernel(&dst[n-step], &src[pixel*(n-step)], step)
	}
	return n
}
