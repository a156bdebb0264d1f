package config

import (
	_ "embed"
	"errors"

	"imgwatchd/internal/codec"
	"imgwatchd/internal/render"
)

//go:embed presets.yaml
var builtinPresets string

// builtin reads the built-in presets as if they stood in a file of their own.
func builtin() []preset {
	list, err := parseTree([]byte(builtinPresets))
	if err != nil {
		panic("config: internal error: built-in presets: " + err.Error())
	}
	k, _ := schema.find("presets")
	r := reader{file: "presets.yaml", report: report{places: places{}}}
	s, err := decode(map[string]any{"presets": r.value(k, list, "presets")})
	if err := errors.Join(r.err(), err); err != nil {
		panic("config: internal error: built-in presets: " + err.Error())
	}
	return s.Presets
}

// withBuiltin returns presets and, behind them, the built-in ones that none of
// them stands in for.
func withBuiltin(presets []preset) []preset {
	own := map[string]bool{}
	for _, p := range presets {
		own[p.Name] = true
	}
	for _, p := range builtin() {
		if !own[p.Name] {
			presets = append(presets, p)
		}
	}
	return presets
}

// render returns the preset as the engine takes it.
func (p preset) render() *render.Preset {
	steps := make([]render.Step, len(p.Steps))
	for i, s := range p.Steps {
		steps[i] = s.Step
	}
	return &render.Preset{
		Name:  p.Name,
		Steps: steps,
		Output: render.Output{
			Name:         p.Output.Name,
			Format:       codec.Format(p.Output.Format),
			Quality:      p.Output.Quality,
			Progressive:  p.Output.Progressive,
			Scaling:      render.Scaling(p.Output.Scaling),
			KeepMetadata: !p.Output.StripMetadata,
			FlattenOn:    p.Output.Background,
		},
	}
}
