package png

import "golang.org/x/sys/cpu"

//go:generate go run ./asm -out kernels_amd64.s -stubs kernels_amd64.go -pkg png

// undone undoes the filter of the first bytes of a row and returns how many.
func undone(filter byte, dst, src, prev []byte, pixel int) int {
	n := len(src)
	if !cpu.X86.HasAVX2 || n < 32 || len(dst) != n || len(prev) != n {
		return 0
	}
	if filter == filterUp {
		n &^= 31
		upAVX2(&dst[0], &src[0], &prev[0], n)
		return n
	}
	kernel := pixelKernel(filter, pixel)
	if kernel == nil {
		return 0
	}
	// The last pixel is left over, so that no byte behind the row is read or written.
	pixels := n/pixel - 1
	kernel(&dst[0], &src[0], &prev[0], pixels)
	return pixels * pixel
}

// pixelKernel returns the kernel that goes pixel by pixel, nil where there is none.
func pixelKernel(filter byte, pixel int) func(dst, src, prev *byte, n int) {
	switch {
	case filter == filterSub && pixel == 3:
		return sub3AVX2
	case filter == filterSub && pixel == 4:
		return sub4AVX2
	case filter == filterAverage && pixel == 3:
		return average3AVX2
	case filter == filterAverage && pixel == 4:
		return average4AVX2
	case filter == filterPaeth && pixel == 3:
		return paeth3AVX2
	case filter == filterPaeth && pixel == 4:
		return paeth4AVX2
	}
	return nil
}
