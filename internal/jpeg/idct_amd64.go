package jpeg

import "golang.org/x/sys/cpu"

//go:generate go run ./asm/idct -out idct_kernel_amd64.s -stubs idct_kernel_amd64.go -pkg jpeg

func idctPair(coefs *[2 * blockLen]int16, steps *[blockLen]int16, dst0, dst1 []byte, stride int) {
	if !cpu.X86.HasAVX2 {
		idctPairGo(coefs, steps, dst0, dst1, stride)
		return
	}
	last := 7*stride + 7
	_, _ = dst0[last], dst1[last]
	idctPairAVX2(&coefs[0], &steps[0], &dst0[0], &dst1[0], stride)
}

func idctHalfPair(coefs *[32]int16, steps *[blockLen]int16, dst0, dst1 []byte, stride int) {
	if !cpu.X86.HasAVX2 {
		idctHalfPairGo(coefs, steps, dst0, dst1, stride)
		return
	}
	last := 3*stride + 3
	_, _ = dst0[last], dst1[last]
	idctHalfPairAVX2(&coefs[0], &steps[0], &dst0[0], &dst1[0], stride)
}
