package jpeg

import "golang.org/x/sys/cpu"

//go:generate go run ./asm/fdct -out fdct_kernel_amd64.s -stubs fdct_kernel_amd64.go -pkg jpeg

func fdctKernel(blocks []coefBlock, masks []uint64, pix []byte, stride int, q *quantizer) {
	switch {
	case !cpu.X86.HasAVX2:
		fdctBlocksGo(blocks, masks, pix, stride, q)
	case len(masks) == len(blocks):
		fdctBlocksAVX2(&blocks[0][0], &masks[0], &pix[0], stride, len(blocks), &q.factors[0])
	default:
		fdctBlocks3AVX2(&blocks[0][0], &masks[0], &pix[0], stride, len(blocks), &q.factors[0])
	}
}
