package hooks

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"imgwatchd/internal/job"
	"imgwatchd/internal/ledger"
)

// TestDocumentedEvent holds the example of the documentation to what is sent.
func TestDocumentedEvent(t *testing.T) {
	text, err := os.ReadFile("../../docs/hooks.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(text), "```json\n")
	example, _, _ = strings.Cut(example, "```")
	var e Event
	d := json.NewDecoder(strings.NewReader(example))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil {
		t.Fatal(err)
	}
	var want, got any
	if err := json.Unmarshal([]byte(example), &want); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(e.encode(), &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// TestEventKnowsWhatCameLater has been to the outbox and back.
func TestEventKnowsWhatCameLater(t *testing.T) {
	const name = "/in/caf\xe9 <&>\n.jpg"
	o := outcome("x", job.Done)
	o.Outputs[0].Path = "/out/caf\xe9.jpg"
	first := newEvent(name, o, time.Unix(1e9, 123_456_789))
	for _, test := range []struct {
		d    ledger.Delivery
		gone bool
		to   string
	}{
		{ledger.Delivery{Attempts: 3}, false, ""},
		{ledger.Delivery{Attempts: 1, Gone: true}, true, ""},
		{ledger.Delivery{Attempts: 1, Gone: true, MovedTo: "/archive/caf\xe9.jpg"}, true, "/archive/caf\xe9.jpg"},
	} {
		test.d.Event = first.encode()
		e, err := readEvent(test.d)
		if err != nil {
			t.Fatal(err)
		}
		to := ""
		if e.Source.MovedTo != nil {
			to = e.Source.MovedTo.name()
		}
		if e.ID != first.ID || e.Attempts != test.d.Attempts || e.Source.Gone != test.gone || to != test.to {
			t.Errorf("%+v", e)
		}
		if e.Source.name() != name || e.Source.Path.Path != "/in/caf\ufffd <&>\n.jpg" || e.Renditions[0].name() != "/out/caf\xe9.jpg" {
			t.Errorf("paths are %q and %q", e.Source.name(), e.Renditions[0].name())
		}
		if !e.Time.Equal(time.Unix(1e9, 123e6)) || e.Timings != (Timings{0, 1, 2, 3.5}) {
			t.Errorf("time %v, timings %v", e.Time, e.Timings)
		}
	}
	if _, err := readEvent(ledger.Delivery{Event: []byte("{")}); err == nil {
		t.Error("an event that is cut off was read")
	}
}

func TestEventOfAFailure(t *testing.T) {
	o := outcome("a.jpg", job.Failed)
	o.Err = job.Rejectf(job.Crashed, "decode", "panic: %s", strings.Repeat("stück ", 10_000))
	e := newEvent("/in/a.jpg", o, time.Now())
	if len(e.Reason) > maxReason+2 || e.Class != job.Crashed || e.Step != "decode" || e.Event != "file.failed" {
		t.Errorf("%+v", e)
	}
	if text := e.encode(); !bytes.Contains(text, []byte(`"renditions":[]`)) {
		t.Errorf("no empty list of renditions in %s", text)
	}
}
