package config

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A reader checks a YAML tree against the schema and turns it into plain values
// with every default filled in. A value that is at fault is replaced by its
// default, so that reading goes on to the next fault.
type reader struct {
	report
	file      string
	variables map[*yaml.Node]string // values that the environment put into the tree
}

// place returns where n was written. What has no line of its own, a default or
// the inside of a variable, stands where its surroundings do.
func (r *reader) place(n *yaml.Node, around place) place {
	if name, ok := r.variables[n]; ok {
		return place{file: name}
	}
	if n.Line == 0 {
		return around
	}
	return place{r.file, n.Line}
}

// value reads the value of k, or its default when n cannot be that value.
func (r *reader) value(k *key, n *yaml.Node, path string) any {
	v, ok := r.convert(k, n, path)
	if ok {
		return v
	}
	if n := k.standard(); n != nil {
		v, _ = r.convert(k, n, path)
	}
	return v
}

func (r *reader) convert(k *key, n *yaml.Node, path string) (any, bool) {
	switch {
	case n.Kind == yaml.AliasNode:
		r.add(path, "YAML aliases are not read here", "write the value out")
		return nil, false
	case n.Style&yaml.TaggedStyle != 0:
		r.add(path, fmt.Sprintf("YAML tag %q is not read here", n.Tag), "leave it out")
		return nil, false
	}
	switch k.kind {
	case section:
		return r.section(k, n, path)
	case variant:
		return r.variant(k, n, path)
	case list:
		return r.list(k, n, path)
	default:
		return r.scalar(k, n, path)
	}
}

func (r *reader) section(k *key, n *yaml.Node, path string) (any, bool) {
	if n.Kind != yaml.MappingNode {
		r.add(path, "keys belong here, not "+describe(n), "keys are "+strings.Join(k.names(), ", "))
		return nil, false
	}
	values := map[string]any{}
	for _, e := range r.entries(k, n, path) {
		values[e.key.name] = r.value(e.key, e.value, join(path, e.key.name))
	}
	for _, child := range k.keys {
		if _, ok := values[child.name]; !ok {
			r.fill(values, child, join(path, child.name))
		}
	}
	return values, true
}

// An entry is a key of a section together with its value.
type entry struct {
	key   *key
	value *yaml.Node
}

// entries returns what a section holds, without what is unknown, given twice or
// null, and notes where it stands.
func (r *reader) entries(k *key, n *yaml.Node, path string) []entry {
	var entries []entry
	first := map[string]place{}
	around := r.places.of(path)
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		at, full := r.place(name, around), join(path, name.Value)
		child, known := k.find(name.Value)
		if name.Kind != yaml.ScalarNode || !known {
			r.addAt(at, full, "unknown key", suggest(name.Value, k.names()))
			continue
		}
		if former, twice := first[name.Value]; twice {
			r.addAt(at, full, "is given twice", fmt.Sprintf("remove one of the two; the first is in line %d", max(former.line, 1)))
			continue
		}
		first[name.Value] = at
		if variable, ok := r.variables[value]; ok {
			at = place{file: variable}
		}
		r.places[full] = at
		if !isNull(value) {
			entries = append(entries, entry{child, value})
		}
	}
	return entries
}

// fill puts the default of a key that was left out into its section.
func (r *reader) fill(values map[string]any, k *key, path string) {
	if k.required() {
		r.add(path, "is missing", "")
	}
	if n := k.standard(); n != nil {
		values[k.name] = r.value(k, n, path)
	}
}

func (r *reader) list(k *key, n *yaml.Node, path string) (any, bool) {
	if n.Kind != yaml.SequenceNode {
		r.add(path, "a list belongs here, not "+describe(n), "write it as [a, b], or as lines that begin with \"- \"")
		return nil, false
	}
	if k.required() && len(n.Content) == 0 {
		r.add(path, "is an empty list", "name at least one")
	}
	if most, bounded := k.most(); bounded && len(n.Content) > most {
		r.add(path, fmt.Sprintf("is a list of %d, %d is the most", len(n.Content), most), "")
		return nil, false
	}
	values := make([]any, len(n.Content))
	around := r.places.of(path)
	for i, e := range n.Content {
		element := fmt.Sprintf("%s[%d]", path, i)
		r.places[element] = r.place(e, around)
		values[i] = r.value(k.elem, e, element)
	}
	return values, true
}

// variant reads a step: its name alone, or a single key with the parameters.
func (r *reader) variant(k *key, n *yaml.Node, path string) (any, bool) {
	name, params := n, &yaml.Node{Kind: yaml.MappingNode}
	if n.Kind == yaml.MappingNode && len(n.Content) == 2 {
		name = n.Content[0]
		if !isNull(n.Content[1]) {
			params = n.Content[1]
		}
	}
	if name.Kind != yaml.ScalarNode {
		r.add(path, "a step is one name with its parameters", "write it as \"- blur: {sigma: 2}\", each step with a dash of its own")
		return nil, false
	}
	child, ok := k.find(name.Value)
	if !ok {
		r.add(path, fmt.Sprintf("unknown step %q", clip(name.Value)), suggest(name.Value, k.names()))
		return nil, false
	}
	full := join(path, child.name)
	r.places[full] = r.place(params, r.place(name, r.places.of(path)))
	v, ok := r.convert(child, params, full)
	return map[string]any{child.name: v}, ok
}

// scalar reads a single value. What has a notation of its own is checked here,
// for the fault's line, and handed on as text.
func (r *reader) scalar(k *key, n *yaml.Node, path string) (any, bool) {
	if n.Kind != yaml.ScalarNode || isNull(n) {
		r.add(path, k.describe()+" belongs here, not "+describe(n), "")
		return nil, false
	}
	v, err := k.parse(n)
	if err == nil {
		err = k.checkBounds(v)
	}
	if err != nil {
		r.add(path, err.Error(), "")
		return nil, false
	}
	if words := k.words(); words != nil && !slices.Contains(words, n.Value) {
		r.add(path, fmt.Sprintf("%q is not one of %s", clip(n.Value), strings.Join(words, ", ")), "")
		return nil, false
	}
	if k.required() && n.Value == "" {
		r.add(path, "is empty", "")
		return nil, false
	}
	if k.kind == text {
		return n.Value, true
	}
	return v.Interface(), true
}
