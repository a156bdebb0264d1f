package hooks

import "strings"

// maxTail is how many bytes of what a hook says are kept.
const maxTail = 4 << 10

// A tail keeps the end of what is written to it.
type tail struct {
	kept []byte
	cut  bool // something came before
}

func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p[max(0, len(p)-maxTail):]...)
	if over := len(t.kept) - maxTail; over > 0 || len(p) > maxTail {
		t.kept = append(t.kept[:0], t.kept[max(0, over):]...)
		t.cut = true
	}
	return len(p), nil
}

func (t *tail) String() string {
	text := strings.TrimSpace(strings.ToValidUTF8(string(t.kept), "\ufffd"))
	if t.cut {
		return "…" + text
	}
	return text
}
