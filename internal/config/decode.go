package config

import (
	"fmt"
	"reflect"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"

	"imgwatchd/internal/render"
)

// decode turns values that the reader has checked into settings.
func decode(values map[string]any) (settings, error) {
	var s settings
	v := viper.New()
	if err := v.MergeConfigMap(values); err != nil {
		return s, fmt.Errorf("merge values: %w", err)
	}
	if err := v.UnmarshalExact(&s, strict); err != nil {
		return s, fmt.Errorf("decode values: %w", err)
	}
	return s, nil
}

// strict makes a decoder take values for what they are.
func strict(c *mapstructure.DecoderConfig) {
	c.TagName = "yaml"
	c.WeaklyTypedInput = false
	c.DecodeHook = mapstructure.ComposeDecodeHookFunc(decodeStep, mapstructure.TextUnmarshallerHookFunc())
}

// decodeStep is the hook that turns the values of a step into the step.
func decodeStep(_, to reflect.Type, data any) (any, error) {
	named, ok := data.(map[string]any)
	if to != reflect.TypeFor[step]() || !ok {
		return data, nil
	}
	for name, params := range named {
		s, ok := render.NewStep(name)
		if !ok {
			return nil, fmt.Errorf("unknown step %q", name)
		}
		c := mapstructure.DecoderConfig{Result: s, ErrorUnused: true}
		strict(&c)
		d, err := mapstructure.NewDecoder(&c)
		if err != nil {
			return nil, err
		}
		return step{s}, d.Decode(params)
	}
	return step{}, nil
}
