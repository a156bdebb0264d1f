package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A scenario is one thing that the program must survive.
type scenario struct {
	name      string // R1, R2, …
	criterion string // what is shown, in a line
	needs     []need // without one of them it is skipped
	run       func(*trial)
}

var table []scenario

// register adds s to the table. It returns a value only so that a file can call it
// in a declaration.
func register(s scenario) struct{} {
	table = append(table, s)
	return struct{}{}
}

// choose returns the scenarios of these names, or all, in the order of their numbers.
func choose(names []string) ([]scenario, error) {
	var chosen []scenario
	for _, name := range names {
		i := slices.IndexFunc(table, func(s scenario) bool { return strings.EqualFold(s.name, name) })
		if i < 0 {
			return nil, fmt.Errorf("there is no scenario %q; -list names them", name)
		}
		chosen = append(chosen, table[i])
	}
	if len(names) == 0 {
		chosen = slices.Clone(table)
	}
	slices.SortStableFunc(chosen, func(a, b scenario) int { return a.number() - b.number() })
	return chosen, nil
}

func (s scenario) number() int {
	n, _ := strconv.Atoi(strings.TrimLeft(s.name, "R")) // what is no number comes first
	return n
}
