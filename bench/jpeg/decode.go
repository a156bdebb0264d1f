package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	stdjpeg "image/jpeg"
	"os"

	"imgwatchd/internal/jpeg"
)

// decodeImgwatchd decodes with internal/jpeg at 1/scale.
func decodeImgwatchd(scale int) func(file string) error {
	var d jpeg.Decoder
	return func(file string) error {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		img, err := d.Decode(context.Background(), data, jpeg.DecodeOptions{Scale: scale})
		if err != nil {
			return err
		}
		return checkSize(img, data, scale)
	}
}

// decodeGo decodes with image/jpeg.
func decodeGo(file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	img, err := stdjpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return err
	}
	return checkSize(img, data, 1)
}

func checkSize(img image.Image, data []byte, scale int) error {
	config, err := stdjpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return err
	}
	want := image.Pt((config.Width+scale-1)/scale, (config.Height+scale-1)/scale)
	if got := img.Bounds().Size(); got != want {
		return fmt.Errorf("decoded to %v, not to %v", got, want)
	}
	return nil
}
