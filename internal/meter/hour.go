package meter

import "time"

// A Minute is a minute of the last hour.
type Minute struct {
	Start        time.Time
	Done, Failed int64
	Queued       int // the most that waited
}

// An hour keeps the last 60 minutes. The zero hour is empty. Times are passed in.
type hour struct {
	slots [60]slot // minute m is in slot m modulo 60
	last  totals   // when something was added last
}

// A slot holds one minute.
type slot struct {
	minute int64 // since the epoch
	totals       // within it
	queued int
}

// Totals are what was counted in a time.
type totals struct {
	done, failed int64
	stages       [len(stageNames)]sums
}

// add books what was counted since the time before to the minute of now.
func (h *hour) add(now time.Time, total totals, queued int) {
	minute := now.Unix() / 60
	s := &h.slots[minute%int64(len(h.slots))]
	if s.minute != minute {
		*s = slot{minute: minute}
	}
	s.done += total.done - h.last.done
	s.failed += total.failed - h.last.failed
	for i, sum := range total.stages {
		s.stages[i] = s.stages[i].plus(sum.minus(h.last.stages[i]))
	}
	s.queued = max(s.queued, queued)
	h.last = total
}

// minutes returns the minutes up to the one of now.
func (h *hour) minutes(now time.Time) []Minute {
	minutes := make([]Minute, 0, len(h.slots))
	for s := range h.until(now) {
		minutes = append(minutes, Minute{Start: time.Unix(60*s.minute, 0), Done: s.done, Failed: s.failed, Queued: s.queued})
	}
	return minutes
}

// stages returns where time went in the minutes up to the one of now.
func (h *hour) stages(now time.Time) []StageTimes {
	var all [len(stageNames)]sums
	for s := range h.until(now) {
		for i, sum := range s.stages {
			all[i] = all[i].plus(sum)
		}
	}
	times := make([]StageTimes, len(all))
	for i, sum := range all {
		times[i] = sum.means(stageNames[i])
	}
	return times
}

// until yields the 60 minutes up to the one of now. Minutes in which nobody added
// anything, because the program was not running or the machine slept, are empty.
func (h *hour) until(now time.Time) func(yield func(slot) bool) {
	return func(yield func(slot) bool) {
		last := now.Unix() / 60
		for minute := last - int64(len(h.slots)) + 1; minute <= last; minute++ {
			s := h.slots[minute%int64(len(h.slots))]
			if s.minute != minute {
				s = slot{minute: minute}
			}
			if !yield(s) {
				return
			}
		}
	}
}
