package main

import (
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

// Entry returns what a list says of the scenario.
func (s scenario) Entry() (name, claim string) { return s.name, s.criterion }

var table []scenario

// register adds s to the table. It returns a value only so that a file can call it
// in a declaration.
func register(s scenario) struct{} {
	table = append(table, s)
	return struct{}{}
}

// scenarios returns all that are registered, in the order of their numbers.
func scenarios() []scenario {
	return slices.SortedFunc(slices.Values(table), func(a, b scenario) int { return a.number() - b.number() })
}

func (s scenario) number() int {
	n, _ := strconv.Atoi(strings.TrimLeft(s.name, "R")) // what is no number comes first
	return n
}
