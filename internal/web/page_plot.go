package web

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// A plot is a picture of the last hour, minute by minute, in a box of plotWidth by
// plotHeight that is stretched to where it stands. Its axis begins at zero.
type plot struct {
	Top     string // what the upper edge stands for
	Middle  string // what the middle stands for; empty: no whole number
	Summary string // for those who do not see it, and those who want the figures
	Void    float64
	Bars    []bar
	Area    string // path of the area; empty: bars instead
	Line    string // path of its upper edge
}

// A bar is one minute.
type bar struct {
	X       float64
	Done    extent
	Failed  extent
	Running bool // the minute is not over
	Title   string
}

// An extent is a vertical piece of a bar.
type extent struct{ Y, H float64 }

const (
	slots      = 60 // minutes in a plot
	plotHeight = 100
	slotWidth  = 10
	plotWidth  = slots * slotWidth
)

// slotOf returns the place of minute i among the slots: the last is the running one.
func slotOf(minutes []Minute, i int) int {
	behind := minutes[len(minutes)-1].Start.Sub(minutes[i].Start)
	return slots - 1 - int(math.Round(behind.Minutes()))
}

// voidOf returns how many slots lie before the daemon started: of those nothing is
// known, which is not the same as nothing.
func voidOf(s Status) int {
	if len(s.Minutes) == 0 {
		return slots
	}
	last := s.Minutes[len(s.Minutes)-1].Start
	before := int(math.Ceil(last.Sub(s.Started).Minutes()))
	return min(max(slots-1-before, 0), slots-1)
}

// axisTop returns the number at the upper edge of an axis that must hold the most.
func axisTop(most int64) int64 {
	if most <= 4 {
		return 4
	}
	scale := int64(1)
	for scale*10 < most {
		scale *= 10
	}
	for _, tenths := range []int64{10, 12, 15, 20, 30, 40, 50, 60, 80, 100} {
		if top := tenths * scale / 10; top >= most && tenths*scale%10 == 0 {
			return top
		}
	}
	return 10 * scale
}

func (p *plot) setAxis(top int64) {
	p.Top = countText(top)
	if top%2 == 0 {
		p.Middle = countText(top / 2)
	}
}

// throughput draws the files that ended in each minute.
func throughput(s Status) plot {
	var p plot
	var most, done, failed, last int64
	var when time.Time
	for _, m := range s.Minutes {
		done, failed, last = done+m.Done, failed+m.Failed, m.Done+m.Failed
		if n := m.Done + m.Failed; n > most {
			most, when = n, m.Start
		}
	}
	top := axisTop(most)
	p.setAxis(top)
	p.Void = float64(voidOf(s) * slotWidth)
	for i, m := range s.Minutes {
		if slot := slotOf(s.Minutes, i); slot >= 0 && m.Done+m.Failed > 0 {
			b := bar{X: float64(slot * slotWidth), Running: i == len(s.Minutes)-1}
			b.Done = extentOf(0, m.Done, top)
			b.Failed = extentOf(m.Done, m.Failed, top)
			b.Title = fmt.Sprintf("%s: %s done, %s failed", clockText(m.Start), countText(m.Done), countText(m.Failed))
			p.Bars = append(p.Bars, b)
		}
	}
	if done+failed == 0 {
		p.Summary = "None in the last hour."
		return p
	}
	p.Summary = fmt.Sprintf("%s in the last hour, %s failed. Most: %s at %s. This minute: %s.",
		plural(done+failed, "file", "files"), countText(failed), countText(most), clockText(when), countText(last))
	return p
}

// extentOf returns the piece of a bar that stands for n on top of base.
func extentOf(base, n, top int64) extent {
	unit := plotHeight / float64(top)
	return extent{Y: plotHeight - float64(base+n)*unit, H: float64(n) * unit}
}

// backlog draws the most that waited in each minute.
func backlog(s Status) plot {
	var p plot
	var most int
	var when time.Time
	for _, m := range s.Minutes {
		if m.Queued > most {
			most, when = m.Queued, m.Start
		}
	}
	top := axisTop(int64(most))
	p.setAxis(top)
	p.Void = float64(voidOf(s) * slotWidth)
	p.Line, p.Area = steps(s.Minutes, voidOf(s), top)
	if most == 0 {
		p.Summary = "Nothing waited in the last hour."
		return p
	}
	p.Summary = fmt.Sprintf("%s waiting now. Most in the last hour: %s at %s.", countText(s.Queue.Queued), countText(most), clockText(when))
	return p
}

// steps returns the upper edge of what waited, from a slot on, and the area under it.
func steps(minutes []Minute, from int, top int64) (line, area string) {
	var b strings.Builder
	first, end := -1, 0
	for i, m := range minutes {
		slot := slotOf(minutes, i)
		if slot < from {
			continue
		}
		command := "L"
		if first < 0 {
			first, command = slot*slotWidth, "M"
		}
		end = (slot + 1) * slotWidth
		y := numberText(extentOf(0, int64(m.Queued), top).Y)
		fmt.Fprintf(&b, "%s%d %sL%d %s", command, slot*slotWidth, y, end, y)
	}
	if first < 0 {
		return "", ""
	}
	return b.String(), fmt.Sprintf("%sL%d %dL%d %dZ", b.String(), end, plotHeight, first, plotHeight)
}

// numberText writes a coordinate.
func numberText(v float64) string {
	return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64)
}

// A share is a part of the bar of stages.
type share struct {
	Stage string
	X, W  float64 // in thousandths of the bar
	Text  string
}

// shares divides the mean time of a file among the stages and the waiting between them.
func shares(s Status) (shares []share, summary string) {
	var wait, whole time.Duration
	for _, t := range s.Stages {
		wait += t.Wait
		whole += t.Wait + t.Busy
	}
	if whole <= 0 {
		return nil, "No file went through in the last hour."
	}
	x := 0.0
	add := func(stage string, d time.Duration) {
		w := 1000 * float64(d) / float64(whole)
		shares = append(shares, share{Stage: stage, X: x, W: w, Text: tookText(d)})
		x += w
	}
	for _, t := range s.Stages {
		add(t.Stage, t.Busy)
	}
	add("waiting", wait)
	return shares, fmt.Sprintf("A file takes %s on average, from when it is taken up.", tookText(whole))
}
