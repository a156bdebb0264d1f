//go:build !amd64

package pixel

func rgbKernel(dst, src []uint8) int { return 0 }

func rgbaKernel(dst, src []uint8) int { return 0 }

func expandKernel(dst, src []uint8) int { return 0 }
