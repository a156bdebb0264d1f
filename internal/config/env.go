package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// envPrefix begins the name of every variable that sets a key.
const envPrefix = "IMGWATCHD_"

// reserved is the variable that names the file; who calls Load reads it.
const reserved = envPrefix + "CONFIG"

// An overlay lays the environment over a tree. A variable is called as the path
// of its key, in upper case and joined by "_": an element of a list by its
// number. One that is empty counts as not set.
type overlay struct {
	root      *yaml.Node
	variables map[*yaml.Node]string // what was put into the tree, by the name of its variable
	faults    Faults
}

func (o *overlay) apply(environ []string) {
	if o.root.Kind != yaml.MappingNode {
		return // the reader says so
	}
	values := map[string]string{}
	for _, e := range environ {
		name, value, _ := strings.Cut(e, "=")
		if strings.HasPrefix(name, envPrefix) && name != reserved && value != "" {
			values[name] = value
		}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) { // a list comes before its elements
		if err := o.set(name, values[name]); err != nil {
			o.faults = append(o.faults, *err)
		}
	}
}

// set puts the value of one variable into the tree.
func (o *overlay) set(name, value string) *Fault {
	fault := func(path, problem, help string) *Fault {
		return &Fault{File: name, Path: path, Problem: problem, Help: help}
	}
	words, k := schema.lookup(strings.TrimPrefix(name, envPrefix))
	if k == nil {
		help := "a variable is called as the path of its key, such as IMGWATCHD_LOG_LEVEL"
		if n := nearest(numbered.ReplaceAllString(name, "_0"), variableNames()); n != "" {
			help = fmt.Sprintf("did you mean %q?", n)
		}
		return fault("", "no key is set by this variable", help)
	}
	n, err := k.nodeOf(value)
	if err != nil {
		return fault(pathOf(words), syntaxFault(name, []byte(value), err).Problem, "")
	}
	if at := graft(o.root, words, n); at >= 0 {
		return fault(pathOf(words), fmt.Sprintf("%s is not there to be changed", pathOf(words[:at+1])),
			"set the whole of "+pathOf(words[:at])+", as YAML, or write it into the file")
	}
	o.variables[n] = name
	return nil
}

var numbered = regexp.MustCompile(`_[0-9]+`)

// variableNames returns the names of the variables for all keys that hold a
// value, with 0 for the number of an element.
func variableNames() []string {
	var names []string
	schema.leaves("", func(path string, _ *key) {
		path = strings.NewReplacer("[]", "_0", ".", "_").Replace(path)
		names = append(names, envPrefix+strings.ToUpper(path))
	})
	return names
}

// lookup returns the key that the rest of a variable's name stands for, and the
// words of its path; nil when there is none.
func (k *key) lookup(rest string) ([]string, *key) {
	for _, c := range k.keys {
		after, ok := strings.CutPrefix(rest, strings.ToUpper(c.name))
		if !ok {
			continue
		}
		if words, found := c.follow(after); found != nil {
			return append([]string{c.name}, words...), found
		}
	}
	if k.kind == list {
		digits := rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
		if _, err := strconv.Atoi(digits); err == nil {
			words, found := k.elem.follow(rest[len(digits):])
			return append([]string{digits}, words...), found
		}
	}
	return nil, nil
}

// follow goes on with what a variable's name says after the word for k.
func (k *key) follow(rest string) ([]string, *key) {
	if rest == "" {
		return nil, k
	}
	if rest[0] != '_' {
		return nil, nil
	}
	return k.lookup(rest[1:])
}

// nodeOf returns the text of a variable as YAML for k. Free text is taken as it
// is, so that it needs no quotes.
func (k *key) nodeOf(value string) (*yaml.Node, error) {
	switch k.kind {
	case text:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value}, nil
	case number, toggle:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: value}, nil
	}
	n, err := parseTree([]byte(value))
	if err != nil {
		return nil, err
	}
	return unplaced(n), nil
}

// graft puts n into the tree at the path of words. It makes the sections that
// are missing, but no elements of lists: then it returns the index of the word
// that leads nowhere, otherwise -1.
func graft(tree *yaml.Node, words []string, n *yaml.Node) int {
	for i, word := range words {
		slot := slotOf(tree, word)
		switch {
		case slot == nil:
			return i
		case i == len(words)-1:
			*slot = n
		case isNull(*slot) && !isIndex(words[i+1]):
			*slot = &yaml.Node{Kind: yaml.MappingNode}
		}
		tree = *slot
	}
	return -1
}

// slotOf returns where the value of a key or element stands in its parent, or
// nil.
func slotOf(parent *yaml.Node, word string) **yaml.Node {
	if isIndex(word) {
		i, err := strconv.Atoi(word)
		if parent.Kind != yaml.SequenceNode || err != nil || i >= len(parent.Content) {
			return nil
		}
		return &parent.Content[i]
	}
	if parent.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(parent.Content); i += 2 {
		if parent.Content[i].Value == word {
			return &parent.Content[i+1]
		}
	}
	parent.Content = append(parent.Content,
		&yaml.Node{Kind: yaml.ScalarNode, Value: word}, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null"})
	return &parent.Content[len(parent.Content)-1]
}

// isIndex reports whether a word of a path is the number of an element.
func isIndex(word string) bool { return word[0] >= '0' && word[0] <= '9' }

// pathOf writes words as a path of a fault.
func pathOf(words []string) string {
	path := ""
	for _, w := range words {
		if isIndex(w) {
			path += "[" + w + "]"
		} else {
			path = join(path, w)
		}
	}
	return path
}
