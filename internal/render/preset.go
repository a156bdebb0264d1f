package render

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"imgwatchd/internal/codec"
)

// A Preset says how one rendition is made: steps in order, then the encoding.
// It is immutable once it is in use.
type Preset struct {
	Name   string
	Steps  []Step
	Output Output
}

// Output says how a preset's result is encoded and what it is called.
type Output struct {
	Name         string       // template of the file name; see the pipeline's names
	Format       codec.Format // "": the source's, or where that cannot be written PNG with alpha, JPEG without
	Quality      int          // JPEG, 1…100; 0: 80
	Progressive  bool         // JPEG: shown whole, ever finer, while it loads
	Scaling      Scaling      // "": balanced
	KeepMetadata bool         // carry EXIF over, orientation set upright; ICC profiles always are
	FlattenOn    Color        // what shows through where the format knows no alpha
}

// Validate returns every fault of the preset's steps and output, joined, or
// nil. Each starts with the path of the field, such as "steps[1].blur.sigma".
func (p *Preset) Validate() error {
	var errs []error
	for i, s := range p.Steps {
		for _, err := range unjoin(s.Validate()) {
			errs = append(errs, fmt.Errorf("steps[%d].%s.%w", i, s.Name(), err))
		}
	}
	if err := within("output.quality", float64(p.Output.Quality), 0, 100); err != nil {
		errs = append(errs, err)
	}
	if err := oneOf("output.scaling", p.Output.Scaling, Fast, Balanced, Best); err != nil {
		errs = append(errs, err)
	}
	if f := p.Output.Format; f != "" && !f.CanEncode() {
		errs = append(errs, fmt.Errorf("output.format: %s can be read but not written; choose one of %v", f, codec.Encodable()))
	}
	return errors.Join(errs...)
}

// unjoin returns the errors that errors.Join put together.
func unjoin(err error) []error {
	if err == nil {
		return nil
	}
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		return j.Unwrap()
	}
	return []error{err}
}

// Hash identifies the preset and what it does to a picture: two presets with the
// same hash give the same renditions under the same names.
func (p *Preset) Hash() string {
	type named struct {
		Name string
		Step Step
	}
	steps := make([]named, len(p.Steps))
	for i, s := range p.Steps {
		steps[i] = named{s.Name(), s}
	}
	text, err := json.Marshal(struct {
		Name   string
		Steps  []named
		Output Output
	}{p.Name, steps, p.Output})
	if err != nil {
		panic("render: internal error: preset does not marshal: " + err.Error())
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}
