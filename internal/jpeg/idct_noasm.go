//go:build !amd64

package jpeg

func idctPair(coefs *[2 * blockLen]int16, steps *[blockLen]int16, dst0, dst1 []byte, stride int) {
	idctPairGo(coefs, steps, dst0, dst1, stride)
}

func idctHalfPair(coefs *[32]int16, steps *[blockLen]int16, dst0, dst1 []byte, stride int) {
	idctHalfPairGo(coefs, steps, dst0, dst1, stride)
}
