package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

var update = flag.Bool("update", false, "write the reference of the commands anew")

// reference is also what the manual page imgwatchd(1) is made of.
const reference = "../../docs/commands.md"

const referenceBegin = `# Commands

<!-- This file follows the program: go test ./cmd/imgwatchd -update -->

What ` + "`imgwatchd help VERB`" + ` says, all in one place. A verb prints its result on standard output, and what it has to say about
it on standard error.
`

func TestReferenceFollowsTheProgram(t *testing.T) {
	var b strings.Builder
	b.WriteString(referenceBegin)
	describe(&b, rootCommand())
	if *update {
		if err := os.WriteFile(reference, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	text, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != b.String() {
		t.Errorf("%s is out of date: run go test ./cmd/imgwatchd -update", reference)
	}
}

// describe writes a section for each verb below cmd. One that only gathers others
// has none of its own.
func describe(b *strings.Builder, cmd *cobra.Command) {
	for _, verb := range cmd.Commands() {
		if verb.Hidden {
			continue
		}
		if !verb.HasSubCommands() {
			describeVerb(b, verb)
		}
		describe(b, verb)
	}
}

func describeVerb(b *strings.Builder, verb *cobra.Command) {
	fmt.Fprintf(b, "\n## %s\n\n    %s\n", verb.CommandPath(), verb.UseLine())
	text := verb.Long
	if text == "" {
		text = verb.Short + "."
		text = strings.ToUpper(text[:1]) + text[1:]
	}
	for block := range strings.SplitSeq(text, "\n\n") {
		fmt.Fprintf(b, "\n%s\n", markdown(block))
	}
	describeFlags(b, verb.NonInheritedFlags())
}

// markdown returns a block of a help text: indented lines stand as they are,
// anything else is prose.
func markdown(block string) string {
	if strings.HasPrefix(block, "  ") {
		return "  " + strings.ReplaceAll(block, "\n", "\n  ")
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `_`, `\_`, `<`, `\<`, "`", "\\`").Replace(block)
}

func describeFlags(b *strings.Builder, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	b.WriteString("\n| flag | meaning |\n|---|---|\n")
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		name := "`--" + strings.TrimSpace(f.Name+" "+value) + "`"
		if f.Shorthand != "" {
			name = "`-" + f.Shorthand + "`, " + name
		}
		fmt.Fprintf(b, "| %s | %s%s |\n", name, markdown(usage), standard(f))
	})
}

// standard tells the default of a flag, where it says more than "nothing".
func standard(f *pflag.Flag) string {
	switch f.DefValue {
	case "", "false", "0", "[]":
		return ""
	}
	return " (default `" + f.DefValue + "`)"
}
