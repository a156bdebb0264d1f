package main

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
)

// picture returns a JPEG of a landscape that is different for each number: sky, sun and
// hills, to be told apart in a thumbnail.
func picture(number int) []byte {
	const width, height = 900, 600
	r := rand.New(rand.NewPCG(uint64(number), 7))
	hue := r.Float64()
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	sunX, sunY, sunR := 150+r.Float64()*600, 90+r.Float64()*180, 40+r.Float64()*40
	hills := [3]float64{r.Float64() * 6, r.Float64() * 6, r.Float64() * 6}
	for y := range height {
		for x := range width {
			c := tone(hue, 0.35, 0.95-0.5*float64(height-y)/height)
			if math.Hypot(float64(x)-sunX, float64(y)-sunY) < sunR {
				c = tone(hue+0.1, 0.15, 1)
			}
			for i, shift := range hills {
				edge := 330 + 70*float64(i) + (50-8*float64(i))*math.Sin(float64(x)/(130-20*float64(i))+shift)
				if float64(y) > edge {
					c = tone(hue+0.45, 0.4+0.1*float64(i), 0.6-0.17*float64(i))
				}
			}
			img.SetRGBA(x, y, c)
		}
	}
	var data bytes.Buffer
	if err := jpeg.Encode(&data, img, &jpeg.Options{Quality: 88}); err != nil {
		panic(err) // a buffer takes everything
	}
	return data.Bytes()
}

// tone returns a colour by its hue, saturation and brightness, each from 0 to 1.
func tone(hue, saturation, value float64) color.RGBA {
	channel := func(n float64) uint8 {
		k := math.Mod(n+hue*6, 6)
		return uint8(255 * (value - value*saturation*math.Max(0, math.Min(1, math.Min(k, 4-k)))))
	}
	return color.RGBA{channel(5), channel(3), channel(1), 255}
}

// damaged returns a JPEG that ends in the middle.
func damaged(number int) []byte {
	data := picture(number)
	return data[:len(data)/2]
}
