package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	stdjpeg "image/jpeg"
	"os"
	"path/filepath"
	"strings"

	"imgwatchd/internal/jpeg"
)

// encodeImgwatchd encodes with internal/jpeg, from RGB as cjpeg does.
func encodeImgwatchd(quality int, target string) func(file string) error {
	var e jpeg.Encoder
	var planes *image.YCbCr
	var data []byte
	return func(file string) error {
		img, err := readPPM(file)
		if err != nil {
			return err
		}
		if planes == nil || planes.Rect != img.Rect {
			planes = image.NewYCbCr(img.Rect, image.YCbCrSubsampleRatio420)
		}
		jpeg.ToYCbCr(planes, img)
		if data, err = e.Encode(context.Background(), data[:0], planes, jpeg.EncodeOptions{Quality: quality}); err != nil {
			return err
		}
		return os.WriteFile(targetName(target, file), data, 0o644)
	}
}

// encodeGo encodes with image/jpeg.
func encodeGo(quality int, target string) func(file string) error {
	var data bytes.Buffer
	return func(file string) error {
		img, err := readPPM(file)
		if err != nil {
			return err
		}
		data.Reset()
		opaque := &image.RGBA{Pix: img.Pix, Stride: img.Stride, Rect: img.Rect} // its fast way in
		if err := stdjpeg.Encode(&data, opaque, &stdjpeg.Options{Quality: quality}); err != nil {
			return err
		}
		return os.WriteFile(targetName(target, file), data.Bytes(), 0o644)
	}
}

func targetName(target, file string) string {
	return filepath.Join(target, strings.TrimSuffix(filepath.Base(file), ".ppm")+".jpg")
}

// readPPM reads a binary PPM file as djpeg writes it: 8 bits, no comments.
func readPPM(file string) (*image.NRGBA, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var width, height int
	if _, err := fmt.Sscanf(string(data[:min(len(data), 32)]), "P6\n%d %d\n255\n", &width, &height); err != nil {
		return nil, fmt.Errorf("not a PPM file of 8 bits: %w", err)
	}
	size := 3 * width * height
	if width < 1 || height < 1 || len(data) < size {
		return nil, fmt.Errorf("too short for %d×%d pixels", width, height)
	}
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	samples := data[len(data)-size:]
	for i := 0; i < len(img.Pix); i += 4 {
		rgb := samples[i/4*3:][:3]
		img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] = rgb[0], rgb[1], rgb[2], 255
	}
	return img, nil
}
