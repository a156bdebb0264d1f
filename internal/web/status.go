package web

import (
	"time"

	"imgwatchd/internal/ledger"
)

// A Status is how the daemon is at one moment.
type Status struct {
	Version  string    `json:"version"`
	PID      int       `json:"pid"`
	Started  time.Time `json:"started"`
	Now      time.Time `json:"now"`
	StateDir string    `json:"state_dir"`
	Config   Loaded    `json:"config"`
	Listen   string    `json:"listen,omitempty"`         // address of the status page; empty: off
	Problem  string    `json:"listen_problem,omitempty"` // why nothing listens there

	Folders []Folder     `json:"folders"` // in the order of the configuration
	Queue   QueueLength  `json:"queue"`
	Rate    float64      `json:"rate"`          // files that ended per second, over the last minute
	Hooks   int          `json:"hooks_waiting"` // messages to hooks that are not delivered yet
	Ended   Counts       `json:"ended"`         // since the start
	Memory  Memory       `json:"memory"`
	Stages  []StageTimes `json:"stages"`  // read, transform, write
	Minutes []Minute     `json:"minutes"` // the last hour, oldest first, the minute that runs last
}

// OK reports whether every folder is well and the configuration in force is the one of
// the file.
func (s Status) OK() bool {
	for _, f := range s.Folders {
		if !f.OK {
			return false
		}
	}
	return s.Config.Refused == ""
}

// Loaded says which configuration is in force.
type Loaded struct {
	File    string    `json:"file,omitempty"`    // empty: embedded defaults
	At      time.Time `json:"at"`                // when it was loaded
	Refused string    `json:"refused,omitempty"` // what is wrong with the file that was to be loaded since
}

// QueueLength says how much there is to do.
type QueueLength struct {
	Queued int           `json:"queued"`
	InWork int           `json:"in_work"`
	Size   int           `json:"size"`            // how many may be queued
	Oldest time.Duration `json:"oldest,omitzero"` // nanoseconds for which the first has waited
}

// Counts says how jobs ended.
type Counts struct {
	Done    int64 `json:"done"`
	Failed  int64 `json:"failed"`
	Skipped int64 `json:"skipped"`
	Held    int64 `json:"held"` // attempts given up for a fault of the machine, to be made again
}

// Memory says how much of the budget for pictures in work is taken, in bytes.
type Memory struct {
	Used   int64 `json:"used"`
	Budget int64 `json:"budget"`
}

// StageTimes says where time went in a stage of the pipeline over the last hour:
// means per item, in nanoseconds.
type StageTimes struct {
	Stage string        `json:"stage"`
	Items int64         `json:"items"`
	Wait  time.Duration `json:"wait"` // before the stage
	Busy  time.Duration `json:"busy"` // in it
}

// A Minute is a minute of the last hour.
type Minute struct {
	Start  time.Time `json:"start"`
	Done   int64     `json:"done"`
	Failed int64     `json:"failed"`
	Queued int       `json:"queued"` // the most that waited
}

// A Queue is what is in work and what waits.
type Queue struct {
	QueueLength
	Working []QueuedFile `json:"working"`
	Waiting []QueuedFile `json:"waiting"` // the first of them
}

// A QueuedFile is in work, or waits.
type QueuedFile struct {
	Folder string    `json:"folder"`
	Path   string    `json:"path"` // absolute
	Since  time.Time `json:"since"`
}

// How many files or entries an answer lists: when nobody says how many, and at most.
const (
	UsualQueue   = 100
	UsualHistory = 50
	MostListed   = 1000
)

// A Query selects entries of the ledger, the latest first.
type Query struct {
	Text   string // part of the path, blind to the case of ASCII letters; empty: any
	Folder string // empty: any
	State  string // done, failed, skipped; empty: any
	Before int64  // only entries that ended before the one with this ID; 0: from the latest
	Limit  int    // at most so many, up to MostListed; 0: UsualHistory
}

// A History is a page of the ledger.
type History struct {
	Entries []ledger.Entry `json:"entries"`
	More    bool           `json:"more"` // there are older ones
}
