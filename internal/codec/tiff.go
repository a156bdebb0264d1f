package codec

import (
	"context"
	"image"

	"golang.org/x/image/tiff"
)

// TIFF tags that decide whether and how a page is read.
const (
	tagSubfileType         = 254
	tagWidth               = 256
	tagHeight              = 257
	tagBitsPerSample       = 258
	tagCompression         = 259
	tagPhotometric         = 262
	tagFillOrder           = 266
	tagStripOffsets        = 273
	tagSamplesPerPixel     = 277
	tagRowsPerStrip        = 278
	tagStripByteCounts     = 279
	tagPlanar              = 284
	tagT4Options           = 292
	tagPredictor           = 317
	tagTileWidth           = 322
	tagTileHeight          = 323
	tagTileOffsets         = 324
	tagTileByteCounts      = 325
	tagSubDirectories      = 330
	tagExtraSamples        = 338
	tagSampleFormat        = 339
	tagICC                 = 34675
	tagDNGVersion          = 50706
	photometricBlackIsZero = 1
	photometricRGB         = 2
	photometricPalette     = 3
	compressionGroup3      = 3
	compressionGroup4      = 4
	compressionLZW         = 5
	compressionDeflate     = 8
	compressionZip         = 32946
	compressionPackBits    = 32773
)

var tiffPhotometrics = map[int64]string{
	4: "transparency mask", 5: "CMYK", 6: "YCbCr", 8: "CIE Lab", 9: "ICC Lab", 10: "ITU Lab",
	32803: "colour filter array", 32844: "LogL", 32845: "LogLuv", 34892: "linear raw",
}

var tiffCompressions = map[int64]string{
	2: "CCITT modified Huffman", 6: "old-style JPEG", 7: "JPEG", 9: "JBIG", 10: "JBIG",
	32809: "ThunderScan", 34661: "JBIG", 34676: "LogLuv", 34712: "JPEG 2000", 34887: "LERC",
	34925: "LZMA", 50000: "Zstandard", 50001: "WebP", 50002: "JPEG XL", 52546: "JPEG XL",
}

// A tiffPage is the first directory, as far as it concerns the picture.
type tiffPage struct {
	dir      directory
	tags     map[uint16]int64 // first value of each tag of whole numbers
	bits     []int64          // per sample
	offsets  entry            // of the strips or tiles
	counts   entry            // bytes in each of them
	icc      entry
	tiled    bool
	blockW   int64
	blockH   int64
	blocks   int64
	maxBlock int64 // bytes of the largest, as stored
}

func readTIFFPage(s *source) (*tiffPage, error) {
	dir, err := firstDirectory(s)
	if err != nil {
		return nil, err
	}
	p := &tiffPage{dir: dir, tags: map[uint16]int64{}}
	for i := range dir.entries {
		e, err := dir.entry(i)
		if err == nil {
			err = p.read(e)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(p.bits) == 0 {
		p.bits = []int64{1}
	}
	return p, nil
}

// read takes from an entry what concerns the picture. A tag whose values are read must not
// occur again: no reader agrees with another which of them counts, and each may lie elsewhere
// in the file.
func (p *tiffPage) read(e entry) (err error) {
	if _, twice := p.tags[e.tag]; twice {
		return malformed("tag %d occurs twice", e.tag)
	}
	switch e.tag {
	case tagStripOffsets, tagTileOffsets:
		p.offsets = e
	case tagStripByteCounts, tagTileByteCounts:
		p.counts = e
	case tagICC:
		p.icc = e
	case tagDNGVersion:
		return unsupported("camera raw (DNG)")
	case tagBitsPerSample:
		for i := range min(max(e.count, 1), 16) {
			bits, err := p.dir.value(e, i)
			if err != nil {
				return err
			}
			p.bits = append(p.bits, bits)
		}
		p.tags[e.tag] = p.bits[0]
	case tagSubfileType, tagWidth, tagHeight, tagCompression, tagPhotometric, tagFillOrder, tagSamplesPerPixel,
		tagRowsPerStrip, tagPlanar, tagT4Options, tagPredictor, tagTileWidth, tagTileHeight, tagSubDirectories,
		tagExtraSamples, tagSampleFormat:
		p.tags[e.tag], err = p.dir.value(e, 0)
	}
	return err
}

// or returns the first value of a tag, or the value that stands for its absence.
func (p *tiffPage) or(tag uint16, absent int64) int64 {
	if v, ok := p.tags[tag]; ok {
		return v
	}
	return absent
}

// checkKind names what the decoder does not read, and what it would read wrongly
// because it passes over the tag.
func (p *tiffPage) checkKind() error {
	photometric, compression := p.or(tagPhotometric, 0), p.or(tagCompression, 1)
	switch {
	case p.or(tagSubfileType, 0)&1 != 0 && p.or(tagSubDirectories, 0) != 0:
		return unsupported("camera raw: the first page is a preview")
	case tiffPhotometrics[photometric] != "":
		return unsupported("%s colours in %d samples", tiffPhotometrics[photometric], len(p.bits))
	case tiffCompressions[compression] != "":
		return unsupported("%s compression", tiffCompressions[compression])
	case p.or(tagSampleFormat, 1) != 1:
		return unsupported("sample format %d", p.or(tagSampleFormat, 1))
	case p.or(tagPlanar, 1) != 1 && len(p.bits) > 1:
		return unsupported("separate planes")
	case p.or(tagPredictor, 1) > 2:
		return unsupported("predictor %d", p.or(tagPredictor, 1))
	case p.or(tagFillOrder, 1) != 1 && !p.isFax():
		return unsupported("reversed bit order")
	case compression == compressionGroup3 && p.or(tagT4Options, 0)&1 != 0:
		return unsupported("two-dimensional CCITT group 3 compression")
	}
	return p.checkSamples(photometric)
}

func (p *tiffPage) checkSamples(photometric int64) error {
	bits, n := p.bits[0], int64(len(p.bits))
	for _, b := range p.bits {
		if b != bits {
			return unsupported("samples of %d and %d bits", bits, b)
		}
	}
	extra := p.or(tagExtraSamples, 0)
	switch {
	case bits != 1 && bits != 8 && bits != 16:
		return unsupported("%d bits per sample", bits)
	case p.or(tagSamplesPerPixel, n) != n:
		return malformed("%d samples per pixel, but the bits of %d", p.or(tagSamplesPerPixel, n), n)
	case photometric > photometricPalette:
		return malformed("unknown photometric interpretation %d", photometric)
	case photometric != photometricRGB && n != 1:
		return unsupported("%d samples of gray or palette colours", n)
	case photometric == photometricPalette && bits == 16:
		return unsupported("palette of 16 bits")
	case photometric == photometricRGB && bits == 1:
		return unsupported("1 bit per colour")
	case photometric == photometricRGB && n != 3 && (n != 4 || extra != 1 && extra != 2):
		return unsupported("%d samples of RGB with extra samples %d", n, extra)
	}
	return nil
}

// layOut computes the strips or tiles and checks that each of them lies inside
// the file. The tables are read in place, so that their length costs nothing.
func (p *tiffPage) layOut(width, height int64) error {
	p.blockW, p.blockH = width, height
	if rows := p.or(tagRowsPerStrip, 0); rows > 0 {
		p.blockH = min(rows, height)
	}
	if tileW := p.or(tagTileWidth, 0); tileW > 0 {
		p.tiled, p.blockW, p.blockH = true, tileW, p.or(tagTileHeight, 0)
	}
	if p.blockW < 1 || p.blockH < 1 || p.tiled && (p.blockW < 8 || p.blockH < 8) {
		return malformed("tiles of %d×%d pixels", p.blockW, p.blockH)
	}
	p.blocks = ceilDiv(width, p.blockW) * ceilDiv(height, p.blockH)
	if p.offsets.count < p.blocks || p.counts.count < p.blocks {
		return malformed("%d strips or tiles, but %d offsets and %d byte counts", p.blocks, p.offsets.count, p.counts.count)
	}
	return p.checkBlocks()
}

func (p *tiffPage) checkBlocks() error {
	// The counts lie elsewhere than the offsets: a window for each of them.
	counts := p.dir
	counts.s = newSource(p.dir.s.r, p.dir.s.size)
	for i := range p.blocks {
		off, err := p.dir.value(p.offsets, i)
		if err != nil {
			return err
		}
		n, err := counts.value(p.counts, i)
		if err != nil {
			return err
		}
		if !p.dir.s.holds(off, n) {
			return malformed("truncated: strip or tile %d of %d bytes at %d", i, n, off)
		}
		p.maxBlock = max(p.maxBlock, n)
	}
	return nil
}

// expansion is how many bytes one stored byte can become.
var expansion = map[int64]int64{compressionLZW: 4096, compressionDeflate: 1032, compressionZip: 1032, compressionPackBits: 64}

// memory counts the picture, the tables of the strips or tiles, and one of these
// unpacked, in a buffer that grows by doubling. The decoder lets any of them
// unpack to 8 bytes per pixel, whatever the samples are.
func (p *tiffPage) memory(width, height int64) int64 {
	pixels := p.blockW * p.blockH
	block := p.maxBlock
	switch compression := p.or(tagCompression, 1); {
	case compression == compressionGroup3 || compression == compressionGroup4:
		block = ceilDiv(p.blockW, 8)*p.blockH + 4096
	case expansion[compression] > 0:
		block = min(8*pixels, p.maxBlock*expansion[compression])
	}
	return width*height*p.bytesPerPixel() + 3*block + 32*p.blocks + 256<<10
}

// bytesPerPixel is the size of a pixel in the type that the decoder makes.
func (p *tiffPage) bytesPerPixel() int64 {
	n := int64(1)
	if len(p.bits) > 1 {
		n = 4
	}
	if p.bits[0] == 16 {
		n *= 2
	}
	return n
}

// countPages follows the chain of directories.
func (p *tiffPage) countPages(lim Limits) (int64, error) {
	dir := p.dir
	seen := map[int64]bool{dir.off: true}
	for n := int64(1); ; n++ {
		if err := lim.checkFrames(n); err != nil {
			return 0, err
		}
		_, next, err := dir.next()
		if err != nil || next == 0 {
			return n, err
		}
		if dir, err = dir.at(next); err != nil {
			return 0, err
		}
		if seen[dir.off] {
			return 0, malformed("page %d is an earlier page", n+1)
		}
		seen[dir.off] = true
	}
}

func tiffHeader(s *source, lim Limits) (Header, error) {
	p, err := readTIFFPage(s)
	if err != nil {
		return Header{}, err
	}
	width, height := p.or(tagWidth, 0), p.or(tagHeight, 0)
	if err := lim.checkSize(width, height); err != nil {
		return Header{}, err
	}
	if err := p.checkKind(); err != nil {
		return Header{}, err
	}
	if err := p.layOut(width, height); err != nil {
		return Header{}, err
	}
	pages, err := p.countPages(lim)
	if err != nil {
		return Header{}, err
	}
	h := Header{
		Width:        int(width),
		Height:       int(height),
		Orientation:  p.dir.orientation(),
		Frames:       int(pages),
		Alpha:        len(p.bits) == 4,
		DecodeMemory: p.memory(width, height),
	}
	if p.isCommon(width, height) {
		whole := p.outcomeOf(width, height, DecodeOptions{})
		h.DecodeMemory, h.form = whole.memory, whole.form
		h.gray = p.outcomeOf(width, height, DecodeOptions{Gray: true})
	}
	return h, nil
}

// tiff decodes the first page of data, of which s is the source.
func (d *Decoder) tiff(ctx context.Context, s *source, data []byte, h Header, o DecodeOptions) (image.Image, error) {
	p, err := readTIFFPage(s)
	if err != nil {
		return nil, err
	}
	if err := p.layOut(int64(h.Width), int64(h.Height)); err != nil {
		return nil, err
	}
	if p.isCommon(int64(h.Width), int64(h.Height)) {
		return d.strips.decode(ctx, data, p, h, o)
	}
	return tiffDecode(s, h)
}

// tiffDecode has the library decode.
func tiffDecode(s *source, _ Header) (image.Image, error) {
	img, err := tiff.Decode(s.section(0, s.size))
	if err != nil {
		return nil, err
	}
	if gray, ok := img.(*image.Gray); ok && isNegative(s) {
		for i := range gray.Pix {
			gray.Pix[i] ^= 0xff
		}
	}
	return img, nil
}

// isNegative reports whether x/image gives the negative of the file's picture:
// of a fax in which black is zero it does.
func isNegative(s *source) bool {
	p, err := readTIFFPage(s)
	return err == nil && p.isFax() && p.or(tagPhotometric, 0) == photometricBlackIsZero
}

// isFax reports whether the page is compressed as a fax.
func (p *tiffPage) isFax() bool {
	compression := p.or(tagCompression, 1)
	return compression == compressionGroup3 || compression == compressionGroup4
}

// tiffMetadata returns the profile. The directory itself is no EXIF block that
// could stand alone: it is about strips and samples.
func tiffMetadata(s *source) Metadata {
	p, err := readTIFFPage(s)
	if err != nil || p.icc.size() != 1 {
		return Metadata{}
	}
	return Metadata{ICC: loadICC(s, p.icc.at, p.icc.count)}
}
