package main

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"sync"
)

// pictures keeps what was encoded: scenarios ask for the same pictures again.
var pictures sync.Map // of pictureKey to []byte

type pictureKey struct {
	kind   string
	number int
}

// remember returns the picture of this kind and number, encoded once.
func remember(kind string, number int, encode func() []byte) []byte {
	key := pictureKey{kind, number}
	if data, ok := pictures.Load(key); ok {
		return data.([]byte)
	}
	data, _ := pictures.LoadOrStore(key, encode())
	return data.([]byte)
}

// smallPicture returns a JPEG of 160 by 120 pixels, about 3 KB and a third of a
// millisecond to make. Each number is another picture, the same every time. Who
// needs tens of thousands of files takes the numbers round and round.
func smallPicture(number int) []byte {
	return remember("small", number, func() []byte { return encodeJPEG(pattern(160, 120, number)) })
}

// tinyPicture returns a JPEG of 8 by 8 pixels: there is next to nothing to decode.
func tinyPicture(number int) []byte {
	return remember("tiny", number, func() []byte { return encodeJPEG(pattern(8, 8, number)) })
}

// largePicture returns a JPEG of 12 megapixels, half a second to make.
func largePicture(number int) []byte {
	return remember("large", number, func() []byte { return encodeJPEG(pattern(4000, 3000, number)) })
}

// smallPNG returns a PNG of 160 by 120 pixels.
func smallPNG(number int) []byte {
	return remember("png", number, func() []byte {
		var buf bytes.Buffer
		if err := png.Encode(&buf, pattern(160, 120, number)); err != nil {
			panic(err) // a buffer takes everything
		}
		return buf.Bytes()
	})
}

func encodeJPEG(img image.Image) []byte {
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, img, &jpeg.Options{Quality: 85}); err != nil {
		panic(err) // a buffer takes everything
	}
	return buf.Bytes()
}

// pattern draws a gradient with blocks of brightness and a colour that depend on
// number, so that no two pictures or their thumbnails are alike.
func pattern(width, height, number int) *image.YCbCr {
	img := image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio420)
	random := rand.New(rand.NewPCG(uint64(number), 1))
	var blocks [8 * 8]uint8
	for i := range blocks {
		blocks[i] = uint8(random.IntN(160))
	}
	for y := range height {
		row := img.Y[y*img.YStride:][:width]
		for x := range row {
			row[x] = blocks[y*8/height*8+x*8/width] + uint8(x*95/width)
		}
	}
	cb, cr := uint8(random.IntN(256)), uint8(random.IntN(256))
	for i := range img.Cb {
		img.Cb[i], img.Cr[i] = cb, cr
	}
	return img
}
