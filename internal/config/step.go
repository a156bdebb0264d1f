package config

import (
	"go.yaml.in/yaml/v3"

	"imgwatchd/internal/render"
)

// A step is a render.Step as the file writes it: its name as the only key, its
// parameters below.
type step struct{ render.Step }

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
