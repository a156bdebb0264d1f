package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// An event is a line of the log. The fields that scenarios ask for most are parsed;
// field returns any other.
type event struct {
	Level   string   `json:"level"`
	Msg     string   `json:"msg"`
	Folder  string   `json:"folder"`
	Path    string   `json:"path"`
	Class   string   `json:"class"`
	Reason  string   `json:"reason"`
	Error   string   `json:"error"`
	Outputs []string `json:"outputs"`

	line string    // as it was written; all there is when it is no JSON, such as a panic
	life int       // the number of the service that wrote it
	at   time.Time // when it arrived
}

// field returns the text of any field, or "".
func (e event) field(name string) string {
	var fields map[string]any
	if json.Unmarshal([]byte(e.line), &fields) != nil || fields[name] == nil {
		return ""
	}
	return fmt.Sprint(fields[name])
}

// A match chooses events.
type match func(event) bool

// msg matches events with this message and with the fields that follow, as name and
// value in turn: msg("failed", "class", "malformed").
func msg(text string, fields ...string) match {
	return func(e event) bool {
		if e.Msg != text {
			return false
		}
		for pair := range slices.Chunk(fields, 2) {
			if e.field(pair[0]) != pair[1] {
				return false
			}
		}
		return true
	}
}

// says matches lines that hold this text, whether they are JSON or not.
func says(text string) match { return func(e event) bool { return strings.Contains(e.line, text) } }

// anything matches every line.
func anything(event) bool { return true }

// A journal holds what the services of a site said, in the order of arrival. It may
// be asked while it grows.
type journal struct {
	mu     sync.Mutex
	events []event
}

// read takes down what a service writes until it ends, and copies it to raw.
func (j *journal) read(life int, from io.Reader, raw io.Writer) {
	lines := bufio.NewReader(from)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			io.WriteString(raw, line) // a copy for people; it is not missed
			j.add(life, strings.TrimSuffix(line, "\n"))
		}
		if err != nil {
			return
		}
	}
}

func (j *journal) add(life int, line string) {
	e := event{}
	if json.Unmarshal([]byte(line), &e) != nil {
		e = event{} // half of a line of a killed service
	}
	e.line, e.life, e.at = line, life, time.Now()
	j.mu.Lock()
	defer j.mu.Unlock()
	j.events = append(j.events, e)
}

// find returns the events that match.
func (j *journal) find(m match) []event {
	j.mu.Lock()
	defer j.mu.Unlock()
	var found []event
	for _, e := range j.events {
		if m(e) {
			found = append(found, e)
		}
	}
	return found
}

// count returns how many events match.
func (j *journal) count(m match) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	n := 0
	for _, e := range j.events {
		if m(e) {
			n++
		}
	}
	return n
}

// perPath counts the events that match by their path. A path that has two "done" was
// worked on twice. Paths of different folders are not told apart.
func (j *journal) perPath(m match) map[string]int {
	n := make(map[string]int)
	for _, e := range j.find(m) {
		n[e.Path]++
	}
	return n
}

// peak returns the largest number of matching lines that arrived within one second.
func (j *journal) peak(m match) int {
	events := j.find(m)
	most, first := 0, 0
	for i, e := range events {
		for e.at.Sub(events[first].at) >= time.Second {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}
