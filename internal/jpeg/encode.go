package jpeg

import (
	"context"
	"fmt"
	"image"
)

// An Encoder writes pictures as JPEG. Its zero value is ready. It keeps its memory
// from call to call, so an encoder that has seen pictures of a kind encodes further ones
// without allocating; [Encoder.Release] gives the memory back. It is not for concurrent use.
//
// A picture is encoded in two passes. The first transforms and quantises the planes and
// notes what is to be coded as tokens, one for each Huffman symbol with its extra bits, and
// counts the symbols. From the counts come the Huffman tables that code this picture in
// the fewest bits. The second pass turns tokens into bits.
type Encoder struct {
	layout encodeLayout
	quant  [2]quantizer // of luma and of chroma
	coefs  [3]coefPlane
	dcs    []int16 // of a progressive picture, in the order of its MCUs
	strip  []byte  // a row of blocks that reaches over the picture's edge
	tokens tokenStore
	coder  entropyCoder
}

// EncodeOptions say how a picture is written. The zero value: quality 80, baseline.
type EncodeOptions struct {
	Quality     int       // 1…100, scales the quantisation tables as libjpeg does; 0: 80
	Progressive bool      // in ten scans (six of gray), from rough to fine
	Segments    []Segment // written in this order behind JFIF's own
}

// A Segment is an application's part of a file, such as a colour profile.
type Segment struct {
	Marker byte   // APP0…APP15 or COM, but not APP14, which would say that the colours are others
	Data   []byte // at most 65533 bytes
}

// defaultQuality is the quality of options that name none.
const defaultQuality = 80

// maxSide is the longest side that a frame header can say.
const maxSide = 65535

// Encode appends img as a JPEG file to dst and returns the extended slice. img is an
// *image.Gray or an *image.YCbCr, which holds full-range BT.601 colours as JFIF has
// them; its subsample ratio becomes the file's. The sides are 1…65535 pixels. A sub-image
// of subsampled planes must begin on a chroma sample. In error, which may be the cause of
// ctx, dst is returned as it was.
func (e *Encoder) Encode(ctx context.Context, dst []byte, img image.Image, o EncodeOptions) ([]byte, error) {
	quality, err := o.quality()
	if err != nil {
		return dst, err
	}
	if err := checkSegments(o.Segments); err != nil {
		return dst, err
	}
	if err := e.layout.init(img); err != nil {
		return dst, err
	}
	e.quant[0].init(&lumaQuant, quality)
	e.quant[1].init(&chromaQuant, quality)

	file := appendFileStart(dst, o.Segments)
	file = e.appendQuant(file)
	if o.Progressive {
		file = appendFrame(file, markerSOF2, &e.layout)
		file, err = e.appendProgressive(ctx, file)
	} else {
		file = appendFrame(file, markerSOF0, &e.layout)
		file, err = e.appendBaseline(ctx, file)
	}
	e.layout = encodeLayout{} // holds on to no picture
	if err != nil {
		return dst, err
	}
	return append(file, 0xff, markerEOI), nil
}

// Release gives the encoder's memory back.
func (e *Encoder) Release() { *e = Encoder{} }

func (o EncodeOptions) quality() (int, error) {
	switch {
	case o.Quality == 0:
		return defaultQuality, nil
	case o.Quality < 1 || o.Quality > 100:
		return 0, fmt.Errorf("quality %d: must be from 1 to 100", o.Quality)
	}
	return o.Quality, nil
}
