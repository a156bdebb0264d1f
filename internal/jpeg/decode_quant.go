package jpeg

// A quantTable holds the steps of the coefficients in the order of the file.
type quantTable struct {
	step    [blockLen]uint16
	defined bool
}

// readDQT defines tables of steps of 8 or 16 bits: T.81, B.2.4.1.
func (d *Decoder) readDQT(s fileSegment) error {
	for b := s.body; len(b) > 0; {
		off := s.end() - len(b)
		wide, slot := int(b[0]>>4), b[0]&15
		if wide > 1 || slot > 3 {
			return malformed(off, "quantization table %#02x", b[0])
		}
		b = b[1:]
		if len(b) < blockLen<<wide {
			return malformed(off, "quantization table of %d bytes", len(b))
		}
		t := &d.quant[slot]
		t.defined = true
		for i := range t.step {
			if wide == 1 {
				t.step[i] = uint16(b[2*i])<<8 | uint16(b[2*i+1])
			} else {
				t.step[i] = uint16(b[i])
			}
		}
		b = b[blockLen<<wide:]
	}
	return nil
}
