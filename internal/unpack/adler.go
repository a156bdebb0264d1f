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
		rest := part[n:]
		for ; len(rest) >= 4; rest = rest[4:] {
			v, w, x, y := uint64(rest[0]), uint64(rest[1]), uint64(rest[2]), uint64(rest[3])
			sums += 4*(sum+v) + 3*w + 2*x + y
			sum += v + w + x + y
		}
		for _, v := range rest {
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
