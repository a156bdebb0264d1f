package doctor

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"

	"imgwatchd/internal/doctor/dropin"
)

// Show returns properties of a unit, as "systemctl show" prints them: a line for each,
// or more.
type Show func(ctx context.Context, unit string, properties ...string) (string, error)

func systemctl(ctx context.Context, unit string, properties ...string) (string, error) {
	if _, err := os.Stat("/run/systemd/system"); err != nil {
		return "", fmt.Errorf("systemd does not run here")
	}
	out, err := exec.CommandContext(ctx, "systemctl", "show", unit, "--property", strings.Join(properties, ",")).Output()
	return string(out), err
}

// A service is what systemd knows of the unit.
type service struct {
	known      bool
	why        string // it is not known
	properties map[string][]string
}

// has reports whether one of the words of a property is word.
func (s service) has(property, word string) bool {
	return slices.Contains(s.words(property), word)
}

// words returns the words of a property.
func (s service) words(property string) []string {
	var ws []string
	for _, value := range s.properties[property] {
		ws = append(ws, splitWords(value)...)
	}
	return ws
}

func (e *examination) showService() service {
	text, err := e.Show(e.ctx, e.Service, "LoadState", "NeedDaemonReload", "User", "AmbientCapabilities",
		"ProtectSystem", "ProtectHome", "PrivateTmp", "ReadWritePaths", "BindPaths", "BindReadOnlyPaths", "IPAddressAllow", "IPAddressDeny")
	if err != nil {
		return service{why: err.Error()}
	}
	s := service{known: true, properties: map[string][]string{}}
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(strings.TrimRight(line, "\n"), "="); ok {
			s.properties[key] = append(s.properties[key], value)
		}
	}
	if !s.has("LoadState", "loaded") {
		return service{why: fmt.Sprintf("there is no unit %s", e.Service)}
	}
	return s
}

// splitWords parts a value at blanks. A word in quotes may have blanks in it, and
// backslashes before what is but itself.
func splitWords(value string) []string {
	var words []string
	var b strings.Builder
	inWord, quoted := false, false
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == '"':
			inWord, quoted = true, !quoted
		case c == '\\' && i+1 < len(value):
			i++
			b.WriteByte(value[i])
			inWord = true
		case c == ' ' && !quoted:
			if inWord {
				words = append(words, b.String())
				b.Reset()
			}
			inWord = false
		default:
			b.WriteByte(c)
			inWord = true
		}
	}
	if inWord {
		words = append(words, b.String())
	}
	return words
}

const writeDropIn = "imgwatchd systemd drop-in --write && systemctl daemon-reload && systemctl restart imgwatchd"

// checkService compares what the unit grants with what the configuration needs.
func (e *examination) checkService() {
	s := e.about("service", "")
	if !e.service.known {
		s.skipped("%s", e.service.why)
		return
	}
	if e.service.has("NeedDaemonReload", "yes") {
		s.warn("systemctl daemon-reload && systemctl restart imgwatchd", "the unit, or a drop-in of it, has changed since systemd has read it")
	}
	plan := dropin.For(e.Config, dropin.System{})
	missing := e.notGranted(plan)
	for _, n := range missing {
		s.fail(writeDropIn, "%s", n)
	}
	for _, c := range dropin.Crossings(e.Config, e.service.writable(), dropin.System{}) {
		s.warn(writeDropIn, "to the service, %s and %s are two mounts of one filesystem: sources are copied and deleted instead of renamed", c.From, c.To)
	}
	if len(missing) == 0 {
		s.ok("the unit lets the service use every folder of the configuration")
	}
}

// writable returns the folders that the unit makes mounts of.
func (s service) writable() []string {
	dirs := append(bindTargets(s.properties["BindPaths"]), "/var/lib/imgwatchd", "/run/imgwatchd")
	for _, w := range s.words("ReadWritePaths") {
		dirs = append(dirs, strings.TrimLeft(w, "-+"))
	}
	return dirs
}

// bindTargets returns where the binds are that a property lists. systemd prints each as
// SOURCE:DESTINATION:OPTION, without quotes, so that only the option ends it; and a
// source that is also the destination begins at the half.
func bindTargets(values []string) []string {
	var targets []string
	for _, value := range values {
		for _, bind := range bindEnd.Split(value, -1) {
			if bind = strings.TrimPrefix(bind, "-"); bind != "" {
				targets = append(targets, destination(bind))
			}
		}
	}
	return targets
}

var bindEnd = regexp.MustCompile(`:(?:no)?rbind(?: |$)`)

func destination(bind string) string {
	half := len(bind) / 2
	if bind[half] == ':' && bind[:half] == bind[half+1:] {
		return bind[:half]
	}
	if i := strings.LastIndex(bind, ":/"); i >= 0 {
		return bind[i+1:]
	}
	return bind
}

// notGranted says what of a plan the unit does not grant.
func (e *examination) notGranted(p dropin.Plan) []string {
	var missing []string
	if dirs := e.unseen(p); len(dirs) > 0 {
		missing = append(missing, fmt.Sprintf("the unit hides from the service %s (ProtectHome=, PrivateTmp=)", strings.Join(dirs, ", ")))
	}
	if dirs := e.unwritable(p); len(dirs) > 0 {
		missing = append(missing, fmt.Sprintf("the unit does not let the service write to %s (ReadWritePaths=)", strings.Join(dirs, ", ")))
	}
	u := e.service
	if len(u.words("IPAddressDeny")) == 0 {
		return missing
	}
	for _, a := range p.Addresses {
		if !allowed(u.words("IPAddressAllow"), a) {
			missing = append(missing, fmt.Sprintf("the unit does not let the service talk to %s (IPAddressAllow=)", a))
		}
	}
	return missing
}

// unseen returns the folders of a plan that the unit hides.
func (e *examination) unseen(p dropin.Plan) []string {
	u := e.service
	homes := u.has("ProtectHome", "yes") || u.has("ProtectHome", "tmpfs")
	bound := append(bindTargets(u.properties["BindPaths"]), bindTargets(u.properties["BindReadOnlyPaths"])...)
	var dirs []string
	for _, n := range p.Needs {
		for _, dir := range n.Covers {
			hidden := dropin.AtHome(dir) && homes || dropin.Scratch(dir) && u.has("PrivateTmp", "yes")
			if hidden && !inside(bound, dir) {
				dirs = append(dirs, dir)
			}
		}
	}
	return dirs
}

// unwritable returns the folders of a plan that the unit shows and protects.
func (e *examination) unwritable(p dropin.Plan) []string {
	if !e.service.has("ProtectSystem", "strict") {
		return nil
	}
	unseen, writable := e.unseen(p), e.service.writable()
	var dirs []string
	for _, n := range p.Needs {
		for _, dir := range n.Covers {
			if n.Write && !inside(writable, dir) && !slices.Contains(unseen, dir) {
				dirs = append(dirs, dir)
			}
		}
	}
	return dirs
}

// inside reports whether dir lies in one of dirs.
func inside(dirs []string, dir string) bool {
	return slices.ContainsFunc(dirs, func(d string) bool { return within(d, dir) })
}

// allowed reports whether networks, as systemd prints them, have in them a network or
// an address as it is written in a unit.
func allowed(networks []string, want string) bool {
	if want == "any" {
		return slices.Contains(networks, "0.0.0.0/0") && slices.Contains(networks, "::/0")
	}
	w, err := parseNetwork(want)
	return err == nil && slices.ContainsFunc(networks, func(text string) bool {
		n, err := parseNetwork(text)
		return err == nil && n.Bits() <= w.Bits() && n.Contains(w.Addr())
	})
}

func parseNetwork(text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	return netip.ParsePrefix(text)
}
