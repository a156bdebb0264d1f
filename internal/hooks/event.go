package hooks

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"imgwatchd/internal/job"
	"imgwatchd/internal/ledger"
)

// formatVersion is the number of the form that an Event has as JSON. It changes when
// something is taken away or means another thing, not when something is added.
const formatVersion = 1

// maxReason bounds the reason of a failure, in bytes: that of a crash has a stack with
// it.
const maxReason = 2 << 10

// An Event is the end of a job, as hooks are told.
type Event struct {
	Version int       `json:"version"`
	ID      string    `json:"id"`    // the same in each try, and for each hook
	Event   string    `json:"event"` // file.done or file.failed
	Time    time.Time `json:"time"`
	Folder  string    `json:"folder"`
	State   job.State `json:"state"`

	Class    job.Class `json:"class,omitempty"` // why it failed, as a word
	Step     string    `json:"step,omitempty"`
	Reason   string    `json:"reason,omitempty"`
	Attempts int       `json:"attempts"`

	Source     Source      `json:"source"`
	Renditions []Rendition `json:"renditions"` // that this job made
	Timings    Timings     `json:"timings"`
}

// A Path is the path of a file. JSON has no way for bytes that are no UTF-8.
type Path struct {
	Path  string `json:"path"`                  // such bytes are shown as U+FFFD
	Bytes []byte `json:"path_base64,omitempty"` // only if there are such
}

func newPath(p string) Path {
	if utf8.ValidString(p) {
		return Path{Path: p}
	}
	return Path{Path: strings.ToValidUTF8(p, "\ufffd"), Bytes: []byte(p)}
}

// name returns the path as the system knows it.
func (p Path) name() string {
	if p.Bytes != nil {
		return string(p.Bytes)
	}
	return p.Path
}

// A Source is the file that was worked on.
type Source struct {
	Path
	Format  string `json:"format,omitempty"`
	Width   int    `json:"width,omitempty"` // pixels, upright
	Height  int    `json:"height,omitempty"`
	Size    int64  `json:"size"` // bytes
	SHA256  string `json:"sha256,omitempty"`
	Gone    bool   `json:"gone"`               // it has left its folder
	MovedTo *Path  `json:"moved_to,omitempty"` // where to; nil: it stays, or was deleted
}

// A Rendition is a file that was made.
type Rendition struct {
	Preset string `json:"preset"`
	Path
	Format string `json:"format"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Timings says where the job's time went, in milliseconds.
type Timings struct {
	Wait      float64 `json:"wait_ms"`
	Read      float64 `json:"read_ms"`
	Transform float64 `json:"transform_ms"`
	Write     float64 `json:"write_ms"`
}

// newEvent returns the event of an end. How often the source was worked on and where it
// went is not known yet.
func newEvent(path string, o job.Outcome, now time.Time) *Event {
	e := &Event{
		Version: formatVersion, ID: rand.Text(), Event: "file." + string(o.State),
		Time: now.UTC().Truncate(time.Millisecond), Folder: o.Job.Folder, State: o.State,
		Class: job.ClassOf(o.Err), Step: job.StepOf(o.Err),
		Source: Source{
			Path: newPath(path), Format: o.Source.Format, Width: o.Source.Width, Height: o.Source.Height,
			Size: o.Source.Size, SHA256: o.Source.SHA256,
		},
		Renditions: make([]Rendition, len(o.Outputs)),
		Timings: Timings{
			Wait: millis(o.Timings.Wait), Read: millis(o.Timings.Read),
			Transform: millis(o.Timings.Transform), Write: millis(o.Timings.Write),
		},
	}
	if o.Err != nil {
		e.Reason = clip(o.Err.Error(), maxReason)
	}
	for i, out := range o.Outputs {
		e.Renditions[i] = Rendition{
			Preset: out.Preset, Path: newPath(out.Path), Format: out.Format,
			Width: out.Width, Height: out.Height, Size: out.Size, SHA256: out.SHA256,
		}
	}
	return e
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// clip cuts a text after so many bytes.
func clip(text string, most int) string {
	if len(text) > most {
		text = text[:most]
	}
	return strings.ToValidUTF8(text, "\ufffd")
}

func (e *Event) encode() []byte {
	text, err := json.Marshal(e)
	if err != nil {
		panic("hooks: internal error: event cannot be written: " + err.Error()) // it holds nothing that could not
	}
	return text
}

// readEvent returns the event of a delivery, with all that is known by now.
func readEvent(d ledger.Delivery) (*Event, error) {
	e := &Event{}
	if err := json.Unmarshal(d.Event, e); err != nil {
		return nil, fmt.Errorf("read event: %w", err)
	}
	e.Attempts = d.Attempts
	e.Source.Gone = d.Gone
	if d.MovedTo != "" {
		to := newPath(d.MovedTo)
		e.Source.MovedTo = &to
	}
	return e, nil
}
