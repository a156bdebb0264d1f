package jpeg

import "golang.org/x/sys/cpu"

//go:generate go run ./asm/ycbcr -out ycbcr_kernel_amd64.s -stubs ycbcr_kernel_amd64.go -pkg jpeg

// chromaKernel makes the first samples of a row from two rows of pixels and returns how
// many. A sample is across pixels wide, 1 or 2.
func chromaKernel(cb, cr, top, bottom []byte, across int) int {
	const step = 8
	n := len(cb)
	if !cpu.X86.HasAVX2 || n < step {
		return 0
	}
	_, _, _ = cr[n-1], top[4*across*n-1], bottom[4*across*n-1]
	kernel := chroma1RowAVX2
	if across == 2 {
		kernel = chroma2RowAVX2
	}
	kernel(&cb[0], &cr[0], &top[0], &bottom[0], n&^(step-1))
	if n%step != 0 {
		at := n - step
		kernel(&cb[at], &cr[at], &top[4*across*at], &bottom[4*across*at], step)
	}
	return n
}
