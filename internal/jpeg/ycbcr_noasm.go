//go:build !amd64

package jpeg

func chromaKernel(cb, cr, top, bottom []byte, across int) int { return 0 }
