package config

import (
	"fmt"
	"reflect"

	"github.com/go-viper/mapstructure/v2"
	"go.yaml.in/yaml/v3"

	"imgwatchd/internal/render"
)

// A step is a render.Step as the file writes it: its name as the only key, its
// parameters below.
type step struct{ render.Step }

// decodeStep is the hook that turns the values of a step into the step.
func decodeStep(_, to reflect.Type, data any) (any, error) {
	named, ok := data.(map[string]any)
	if to != reflect.TypeFor[step]() || !ok {
		return data, nil
	}
	var s step
	for name, params := range named {
		fresh, ok := render.NewStep(name)
		if !ok {
			return nil, fmt.Errorf("unknown step %q", name)
		}
		s = step{fresh}
		d, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{
			Result: fresh, TagName: "yaml", ErrorUnused: true, DecodeHook: mapstructure.TextUnmarshallerHookFunc(),
		})
		if err != nil {
			return nil, err
		}
		if err := d.Decode(params); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// MarshalYAML writes the step on one line, without the parameters that are what
// they would be anyway.
func (s step) MarshalYAML() (any, error) {
	fresh, _ := render.NewStep(s.Name())
	var params, standard yaml.Node
	if err := params.Encode(s.Step); err != nil {
		return nil, err
	}
	if err := standard.Encode(fresh); err != nil {
		return nil, err
	}
	given := &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle}
	for i := 0; i+1 < len(params.Content); i += 2 {
		if params.Content[i+1].Value != standard.Content[i+1].Value {
			given.Content = append(given.Content, params.Content[i], params.Content[i+1])
		}
	}
	name := &yaml.Node{Kind: yaml.ScalarNode, Value: s.Name()}
	return &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{name, given}}, nil
}
