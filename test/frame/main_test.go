package frame

import (
	"context"
	"errors"
	"flag"
	"io"
	"strings"
	"testing"
)

// A trick is an entry.
type trick struct{ name, claim string }

func (t trick) Entry() (name, claim string) { return t.name, t.claim }

var tricks = []trick{{"R1", "a first thing"}, {"kill", "another"}}

func TestRun(t *testing.T) {
	broken := errors.New("broken")
	for _, test := range []struct {
		args   string
		code   int // of what is tried
		err    error
		want   int
		tried  string
		stdout string
		text   string // in the error
	}{
		{args: "", tried: "R1 kill"},
		{args: "-keep kill r1", tried: "kill R1"},
		{args: "kill", code: 1, want: 1, tried: "kill"},
		{args: "kill", code: 1, err: broken, want: 1, tried: "kill", text: "broken"},
		{args: "R2", want: 2, text: `"R2"`},
		{args: "kill R2", want: 2, text: `"R2"`},
		{args: "-list R2", want: 2, text: `"R2"`},
		{args: "-nosuch", want: 2},
		{args: "-h"},
		{args: "-list", stdout: "R1   a first thing\nkill another\n"},
		{args: "-list r1", stdout: "R1 a first thing\n"},
	} {
		t.Run(test.args, func(t *testing.T) {
			flags := flag.NewFlagSet("tricks", flag.ContinueOnError)
			flags.SetOutput(io.Discard)
			flags.Bool("keep", false, "")
			var stdout strings.Builder
			var tried []string
			code, err := run(flags, strings.Fields(test.args), &stdout, ByName(tricks), func(_ context.Context, chosen []trick) (int, error) {
				for _, c := range chosen {
					tried = append(tried, c.name)
				}
				return test.code, test.err
			})
			if code != test.want || strings.Join(tried, " ") != test.tried || stdout.String() != test.stdout {
				t.Errorf("exit code %d after %q, printed %q; want %d, %q, %q", code, tried, stdout.String(), test.want, test.tried, test.stdout)
			}
			if (err != nil) != (test.text != "") || err != nil && !strings.Contains(err.Error(), test.text) {
				t.Errorf("error is %v, want …%s…", err, test.text)
			}
		})
	}
}
