package config

import (
	"encoding"
	"reflect"
	"strings"

	"imgwatchd/internal/render"
)

// A kind is the shape of a key's value.
type kind int

const (
	text    kind = iota // one word or line, in a notation of its own or free
	number              // whole or not, as the type says
	toggle              // true or false
	list                // elements of one kind
	section             // keys
	variant             // one of several keys: a step
)

// A key is one node of the schema.
type key struct {
	name string
	kind kind
	typ  reflect.Type
	tag  reflect.StructTag
	keys []*key // section and variant: what it may hold, in order
	elem *key   // list
}

// schema is everything that a configuration may say.
var schema = newKey("", reflect.TypeFor[settings](), "")

var textual = reflect.TypeFor[encoding.TextUnmarshaler]()

func newKey(name string, t reflect.Type, tag reflect.StructTag) *key {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	k := &key{name: name, typ: t, tag: tag}
	switch {
	case t == reflect.TypeFor[step]():
		k.kind, k.keys = variant, stepKeys()
	case reflect.PointerTo(t).Implements(textual), t.Kind() == reflect.String:
		k.kind = text
	case t.Kind() == reflect.Struct:
		k.kind, k.keys = section, fieldKeys(t)
	case t.Kind() == reflect.Slice:
		k.kind, k.elem = list, newKey("", t.Elem(), "")
	case t.Kind() == reflect.Bool:
		k.kind = toggle
	default:
		k.kind = number
	}
	return k
}

// fieldKeys returns a key for each field of a struct.
func fieldKeys(t reflect.Type) []*key {
	var keys []*key
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		keys = append(keys, newKey(name, f.Type, f.Tag))
	}
	return keys
}

// stepKeys returns a key for each step there is.
func stepKeys() []*key {
	var keys []*key
	for _, name := range render.StepNames() {
		s, _ := render.NewStep(name)
		keys = append(keys, newKey(name, reflect.TypeOf(s), ""))
	}
	return keys
}

func (k *key) find(name string) (*key, bool) {
	for _, c := range k.keys {
		if c.name == name {
			return c, true
		}
	}
	return nil, false
}

func (k *key) names() []string {
	names := make([]string, len(k.keys))
	for i, c := range k.keys {
		names[i] = c.name
	}
	return names
}

func (k *key) required() bool { return k.tag.Get("required") == "true" }

// words returns the only words that the value may be; none: any.
func (k *key) words() []string {
	if w := k.tag.Get("oneof"); w != "" {
		return strings.Split(w, "|")
	}
	return nil
}

// leaves calls f for every key below k that holds a value itself, with its path;
// the elements of lists are written as "[]".
func (k *key) leaves(path string, f func(path string, leaf *key)) {
	switch k.kind {
	case section, variant:
		for _, c := range k.keys {
			c.leaves(join(path, c.name), f)
		}
	case list:
		if k.elem.kind == section || k.elem.kind == variant {
			k.elem.leaves(path+"[]", f)
			return
		}
		f(path, k)
	default:
		f(path, k)
	}
}

// join returns the path of the key called name in the section at path.
func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
