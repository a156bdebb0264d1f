//go:build !amd64

package luma

func rgbKernel(dst, src []uint8) int { return 0 }

func rgbaKernel(dst, src []uint8) int { return 0 }
