package codec

import (
	"bytes"
	"compress/zlib"
	"io"
)

// maxICC bounds a profile, inflated. Printers' profiles reach 2 MiB.
const maxICC = 4 << 20

const iccPrefix = "ICC_PROFILE\x00"

// ProfileSpace returns the colour space that a profile is for, as the four
// letters that its header holds ("RGB ", "GRAY", "CMYK"), or "" when icc is no
// profile.
func ProfileSpace(icc []byte) string {
	if len(icc) < 128 || string(icc[36:40]) != "acsp" {
		return ""
	}
	return string(icc[16:20])
}

// iccParts collects the parts into which JPEG cuts a profile.
type iccParts struct {
	parts [256][]byte
	total byte
	bad   bool
}

// add takes the segment's part, if it is one.
func (p *iccParts) add(s *source, g segment) {
	start := int64(len(iccPrefix)) + 2
	if g.n <= start {
		return
	}
	b, err := s.at(g.off, int(start))
	if err != nil || !startsWith(b, iccPrefix) {
		return
	}
	number, total := b[len(iccPrefix)], b[len(iccPrefix)+1]
	if number == 0 || number > total || p.total != 0 && p.total != total || p.parts[number] != nil {
		p.bad = true
		return
	}
	p.total = total
	p.parts[number], _ = s.load(g.off+start, g.n-start)
}

// profile joins the parts, or returns nil when one is missing.
func (p *iccParts) profile() []byte {
	if p.bad || p.total == 0 {
		return nil
	}
	for _, part := range p.parts[1 : int(p.total)+1] {
		if part == nil {
			return nil
		}
	}
	return validICC(bytes.Join(p.parts[1:int(p.total)+1], nil))
}

// loadICC reads a profile that is stored plainly.
func loadICC(s *source, off, n int64) []byte {
	if n > maxICC {
		return nil
	}
	icc, err := s.load(off, n)
	if err != nil {
		return nil
	}
	return validICC(icc)
}

// inflateICC reads the profile of a PNG chunk: a name, a zero, the compression
// method and the deflated profile.
func inflateICC(s *source, c chunk) []byte {
	head, err := s.at(c.off, int(min(c.n, 81)))
	if err != nil {
		return nil
	}
	name := bytes.IndexByte(head, 0)
	if name < 0 || name+2 > len(head) || head[name+1] != 0 {
		return nil
	}
	skip := int64(name + 2)
	z, err := zlib.NewReader(s.section(c.off+skip, c.n-skip))
	if err != nil {
		return nil
	}
	icc, err := io.ReadAll(io.LimitReader(z, maxICC+1))
	if err != nil {
		return nil
	}
	return validICC(icc)
}

// validICC returns icc when it is a profile of a bearable size.
func validICC(icc []byte) []byte {
	if len(icc) > maxICC || ProfileSpace(icc) == "" {
		return nil
	}
	return icc
}
