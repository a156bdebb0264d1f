package unpack

// An adler is the checksum of zlib (RFC 1950): the sum of all bytes and one, and the sum of those
// sums, each modulo the largest prime of sixteen bits. The zero value is that of no bytes.
type adler struct {
	sum, sums uint32 // sum is less by one
}

const (
	adlerPrime = 65521
	adlerChunk = 4096 // bytes after which remainders are taken, so that 64 bits are more than enough
)

// add goes on with b.
func (a *adler) add(b []byte) {
	for len(b) > 0 {
		part := b[:min(len(b), adlerChunk)]
		b = b[len(part):]
		n, sum, sums := sumKernel(part)
		for _, v := range part[n:] {
			sum += uint64(v)
			sums += sum
		}
		a.sums = uint32((uint64(a.sums) + uint64(len(part))*uint64(a.sum+1) + sums) % adlerPrime)
		a.sum = uint32((uint64(a.sum) + sum) % adlerPrime)
	}
}

// value returns the checksum.
func (a *adler) value() uint32 {
	return a.sums<<16 | (a.sum+1)%adlerPrime
}
