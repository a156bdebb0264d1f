package unpack

import "io"

// A Zlib undoes Deflate in zlib's wrapping (RFC 1950), of which it checks header and checksum.
// The zero value is ready for Reset. It is not for concurrent use.
type Zlib struct {
	inflater Inflater
	begun    bool
	ended    bool
	sum      adler
}

// Reset begins a stream. Where src ends, more goes on; it may be nil.
func (z *Zlib) Reset(src []byte, more Source) {
	z.inflater.Reset(src, more)
	z.begun, z.ended = false, false
	z.sum = adler{}
}

// Release lets go of the data.
func (z *Zlib) Release() { z.inflater.src, z.inflater.more = nil, nil }

// Inflate is an Inflater's; it returns io.EOF when the checksum is right besides. What follows the
// checksum is not looked at.
func (z *Zlib) Inflate(buf []byte, at int) (end int, err error) {
	if z.ended {
		return at, io.EOF
	}
	if !z.begun {
		if err := z.readHeader(); err != nil {
			return at, err
		}
		z.begun = true
	}
	end, err = z.inflater.Inflate(buf, at)
	z.sum.add(buf[at:end])
	if err == io.EOF {
		z.ended = true
		err = z.checkSum()
	}
	return end, err
}

func (z *Zlib) readHeader() error {
	v, err := z.inflater.take(16)
	if err != nil {
		return err
	}
	method, flags := v&0xff, v>>8
	switch {
	case method&0xf != 8 || method>>4 > 7 || (method<<8|flags)%31 != 0:
		return Fault("no zlib header")
	case flags&0x20 != 0:
		return Fault("zlib dictionary")
	}
	return nil
}

func (z *Zlib) checkSum() error {
	z.inflater.align()
	var sum uint32
	for range 4 {
		v, err := z.inflater.take(8)
		if err != nil {
			return err
		}
		sum = sum<<8 | v
	}
	if sum != z.sum.value() {
		return Fault("wrong checksum of compressed data")
	}
	return io.EOF
}
