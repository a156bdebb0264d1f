package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"sort"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// parseTree returns the one document that text holds; nothing at all is an empty
// section.
func parseTree(text []byte) (*yaml.Node, error) {
	var doc, more yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(text))
	err := dec.Decode(&doc)
	switch {
	case errors.Is(err, io.EOF):
		return &yaml.Node{Kind: yaml.MappingNode, Line: 1}, nil
	case err != nil:
		return nil, err
	}
	if err := dec.Decode(&more); err == nil {
		return nil, fmt.Errorf("line %d: a second document begins here", more.Line)
	} else if !errors.Is(err, io.EOF) {
		return nil, err
	}
	if root := doc.Content[0]; !isNull(root) {
		return root, nil
	}
	return &yaml.Node{Kind: yaml.MappingNode, Line: 1}, nil
}

var (
	yamlError = regexp.MustCompile(`^(?:yaml: )?(?:line ([0-9]+): )?(.*)$`)

	// indentation are the errors for which the decoder gives the line where the
	// surrounding block began, which may be the first of the file.
	indentation = regexp.MustCompile(`^did not find expected (key|'-' indicator)$`)
	// uncounted are the errors for which it counts lines from 0.
	uncounted = regexp.MustCompile(`^did not find expected (<|node|')|^found (undefined|duplicate|incompatible)`)
)

// syntaxFault returns the fault that an error of parseTree stands for.
func syntaxFault(file string, text []byte, err error) Fault {
	line, problem := splitError(err)
	switch {
	case indentation.MatchString(problem):
		line = firstFailing(text, problem)
	case uncounted.MatchString(problem):
		line++
	}
	return Fault{File: file, Line: line, Problem: "YAML: " + problem}
}

func splitError(err error) (line int, problem string) {
	m := yamlError.FindStringSubmatch(err.Error())
	if m == nil {
		return 0, err.Error()
	}
	line, _ = strconv.Atoi(m[1])
	return line, m[2]
}

// firstFailing returns the first line with which text has the problem. Blocks
// may end after any line, so that all before it are sound.
func firstFailing(text []byte, problem string) int {
	lines := slices.Collect(bytes.Lines(text))
	n := sort.Search(len(lines), func(n int) bool {
		_, err := parseTree(bytes.Join(lines[:n+1], nil))
		if err == nil {
			return false
		}
		_, p := splitError(err)
		return p == problem
	})
	return n + 1
}

// unplaced returns n without lines: it stands where its surroundings do.
func unplaced(n *yaml.Node) *yaml.Node {
	n.Line = 0
	for _, c := range n.Content {
		unplaced(c)
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// describe names what stands in a value's place.
func describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "keys"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case isNull(n):
		return "nothing"
	case n.ShortTag() == "!!int" || n.ShortTag() == "!!float":
		return "the number " + clip(n.Value)
	default:
		return fmt.Sprintf("the text %q", clip(n.Value))
	}
}
