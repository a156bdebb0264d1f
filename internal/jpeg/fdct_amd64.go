package jpeg

func fdctKernel(blocks []coefBlock, masks []uint64, pix []byte, stride int, q *quantizer) {
	fdctBlocksGo(blocks, masks, pix, stride, q)
}
