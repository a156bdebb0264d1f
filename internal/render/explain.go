package render

import (
	"fmt"
	"strings"

	"imgwatchd/internal/codec"
)

// Explain returns in words, line by line, how Render makes the plans from a source with
// header h.
func Explain(h codec.Header, plans []Plan) []string {
	s := newSchedule(h, plans)
	lines := []string{explainDecoding(h, s.decode)}
	for _, t := range s.turns {
		p := plans[t.plan]
		from, orientation := "the decoded picture", h.Orientation
		if t.feeder != decoded {
			from, orientation = plans[s.turns[t.feeder].plan].Preset.Name, 1
		}
		lines = append(lines, fmt.Sprintf("%s, from %s:", p.Preset.Name, from))
		for i, line := range p.explain(orientation) {
			lines = append(lines, fmt.Sprintf("  %d. %s", i+1, line))
		}
	}
	return append(lines, fmt.Sprintf("memory: %.1f MiB at most, besides the file", float64(Memory(h, plans))/(1<<20)))
}

func explainDecoding(h codec.Header, o codec.DecodeOptions) string {
	line := fmt.Sprintf("decode the %s of %d×%d pixels", h.Format, h.Width, h.Height)
	if o.Scale > 1 {
		line += fmt.Sprintf(" at 1/%d of its size", o.Scale)
	}
	if whole := (codec.DecodeOptions{}); h.Form(o) == codec.FormGray && h.Form(whole) != codec.FormGray {
		line += ", only its luma"
	}
	return line
}

// explain returns what the passes of p do with a picture in orientation o, and the encoder.
func (p Plan) explain(o int) []string {
	var lines []string
	w, height := p.source.X, p.source.Y
	for i, pass := range p.passes {
		steps := explainSteps(pass.steps, w, height)
		w, height = pass.size(w, height)
		if i == 0 && o > 1 {
			steps = append([]string{"turn upright"}, steps...)
		}
		switch {
		case len(steps) == 0:
		case pass.linear:
			lines = append(lines, strings.Join(steps, ", ")+": as one matrix for each side of each plane")
		default:
			lines = append(lines, strings.Join(steps, ", ")+": pixel by pixel, in RGBA")
		}
	}
	return append(lines, fmt.Sprintf("encode %d×%d pixels as %s", w, height, p.Format))
}

// explainSteps returns each step with the size that it gives, where it changes it.
func explainSteps(steps []Step, w, h int) []string {
	var words []string
	for _, s := range steps {
		word := s.Name()
		if b, ok := s.(*Blur); ok {
			word += fmt.Sprintf(" of sigma %v", b.Sigma)
		}
		ow, oh := s.size(w, h)
		if ow != w || oh != h {
			word += fmt.Sprintf(" to %d×%d", ow, oh)
		}
		words = append(words, word)
		w, h = ow, oh
	}
	return words
}
