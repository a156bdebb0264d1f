package unpack

import "golang.org/x/sys/cpu"

//go:generate go run ./asm -out kernels_amd64.s -stubs kernels_amd64.go -pkg unpack

// sumKernel returns how many of the first bytes it has summed, their sum, and the sum of the
// sums up to each of them.
func sumKernel(b []byte) (n int, sum, sums uint64) {
	n = len(b) &^ 31
	if !cpu.X86.HasAVX2 || n == 0 {
		return 0, 0, 0
	}
	sum, sums = sumAVX2(&b[0], n)
	return n, sum, sums
}
