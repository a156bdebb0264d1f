package config

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// standard returns the default of k, or nil when it has none.
func (k *key) standard() *yaml.Node {
	text, ok := k.tag.Lookup("default")
	if !ok {
		return nil
	}
	n, err := parseTree([]byte(text))
	if err != nil {
		panic("config: internal error: default of " + k.name + ": " + err.Error())
	}
	return unplaced(n)
}

// describe names what belongs into the place of k.
func (k *key) describe() string {
	switch {
	case k.kind == toggle:
		return "true or false"
	case k.kind == text:
		return "text"
	case k.typ.Kind() == reflect.Float64:
		return "a number"
	default:
		return "a whole number"
	}
}

// parse returns n as a value of the type of k.
func (k *key) parse(n *yaml.Node) (reflect.Value, error) {
	v := reflect.New(k.typ)
	if t, ok := v.Interface().(encoding.TextUnmarshaler); ok {
		return v.Elem(), t.UnmarshalText([]byte(n.Value))
	}
	if k.kind == text {
		v.Elem().SetString(n.Value)
		return v.Elem(), nil
	}
	whole := v.Elem().CanInt() // the decoder would cut a fraction off
	if n.Decode(v.Interface()) != nil || whole && n.ShortTag() != "!!int" {
		return v.Elem(), fmt.Errorf("%s belongs here, not %s", k.describe(), describe(n))
	}
	return v.Elem(), nil
}

// checkBounds returns a fault unless v lies between the bounds of k.
func (k *key) checkBounds(v reflect.Value) error {
	lo, hi := k.tag.Get("min"), k.tag.Get("max")
	if lo == "" {
		return nil
	}
	least, _ := k.parse(&yaml.Node{Kind: yaml.ScalarNode, Value: lo})
	most, _ := k.parse(&yaml.Node{Kind: yaml.ScalarNode, Value: hi})
	if v.Int() < least.Int() || v.Int() > most.Int() {
		return fmt.Errorf("must be between %s and %s", lo, hi)
	}
	return nil
}

// most returns how many elements a list may have, and false when it is open.
func (k *key) most() (int, bool) {
	n, err := strconv.Atoi(k.tag.Get("max"))
	return n, err == nil
}
