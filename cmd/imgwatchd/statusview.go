package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rivo/uniseg"

	"imgwatchd/internal/web"
)

// Lines are drawn for narrowest columns even on a terminal that has less, and for widest
// on one that has more: eyes have to find the way from a name to its figures.
const narrowest, widest = 60, 110

// A statusView draws a Status for a terminal of some width, by lines. What comes
// from outside, such as names and reasons, is made harmless before it is measured.
type statusView struct {
	width int
	palette
	stale string // why the status may be of the past, in a few words; empty: it is of now
}

func newStatusView(width int, p palette) statusView {
	return statusView{width: min(max(width, narrowest), widest), palette: p}
}

// lines draws all of s in at most so many lines. When there are too many, the foot is
// shortened, and then folders are left out: first those that are well, from the end.
func (v statusView) lines(s web.Status, most int) []string {
	lines, foot := v.head(s), v.foot(s)
	folders := make([][]string, len(s.Folders))
	room := most - len(lines) - len(foot) - 1
	for i, f := range s.Folders {
		folders[i] = v.folder(f)
		room -= len(folders[i])
	}
	if room < 0 {
		short := v.shortFoot(s)
		room += len(foot) - len(short)
		foot = short
	}
	hidden := 0
	if room < 0 {
		folders, hidden = fit(folders, s.Folders, room-1)
	}
	for _, f := range folders {
		lines = append(lines, f...)
	}
	if hidden > 0 {
		lines = append(lines, v.paint(dim, fmt.Sprintf("  … and %s more", count(hidden))))
	}
	return append(append(lines, ""), foot...)
}

// fit leaves out folders until room is no longer below 0.
func fit(drawn [][]string, folders []web.Folder, room int) (kept [][]string, hidden int) {
	kept = slices.Clone(drawn)
	for _, leaveOutSick := range []bool{false, true} {
		for i := len(kept) - 1; i >= 0 && room < 0; i-- {
			if kept[i] != nil && folders[i].OK != leaveOutSick {
				room += len(kept[i])
				kept[i] = nil
				hidden++
			}
		}
	}
	return kept, hidden
}

// head says who answers and whether all is well.
func (v statusView) head(s web.Status) []string {
	who := "imgwatchd " + printable(s.Version)
	since := fmt.Sprintf("   up %s, pid %d", short(s.Now.Sub(s.Started)), s.PID)
	colour, verdict := green, "all is well"
	switch {
	case v.stale != "":
		colour, verdict = red, v.stale
	case !s.OK():
		colour, verdict = yellow, troubles(s)
	}
	gap := v.width - 1 - uniseg.StringWidth(who+since+verdict) - 2
	return []string{
		" " + v.paint(bold, who) + v.paint(dim, since) + strings.Repeat(" ", max(gap, 2)) + v.paint(colour, verdict),
		"",
		v.paint(dim, "   "+statusView{width: v.width}.row("", "FOLDER", "STATE", "QUEUED", "WORK", "SETTLING", "RATE", "DONE", "FAILED")),
	}
}

// troubles says in a few words why not all is well.
func troubles(s web.Status) string {
	degraded, paused := 0, 0
	for _, f := range s.Folders {
		switch {
		case f.Paused:
			paused++
		case !f.OK:
			degraded++
		}
	}
	var words []string
	if degraded > 0 {
		words = append(words, count(degraded)+" degraded")
	}
	if paused > 0 {
		words = append(words, count(paused)+" paused")
	}
	if s.Config.Refused != "" {
		words = append(words, "reload refused")
	}
	return strings.Join(words, ", ")
}

// stateWidth and figureWidths are the columns of the table; the name has the rest.
const stateWidth = 8

var figureWidths = []int{8, 6, 9, 9, 11, 8}

// row sets what there is to say of a folder into columns.
func (v statusView) row(colour, name, state string, figures ...string) string {
	room := v.width - 5 - stateWidth
	for _, w := range figureWidths {
		room -= w
	}
	line := v.paint(bold, left(name, max(room, 6))) + " " + v.paint(colour, left(state, stateWidth))
	for i, f := range figures {
		line += right(f, figureWidths[i])
	}
	return line
}

// folder draws how one drop folder is.
func (v statusView) folder(f web.Folder) []string {
	mark, colour, state := "●", green, "ok"
	switch {
	case f.Paused:
		mark, colour, state = "‖", cyan, "paused"
	case !f.OK:
		mark, colour, state = "▲", yellow, "degraded"
	}
	lines := []string{" " + v.paint(colour, mark) + " " + v.row(colour, printable(f.Name), state,
		count(f.Queued), count(f.InWork), count(f.Settling), rateOf(f.Rate), count(f.Ended.Done), count(f.Ended.Failed))}
	path, how, why := printable(f.Path), watching(f), printable(f.Reason)
	if f.OK && why != "" {
		how += ": " + why
	}
	if room := v.width - 5; uniseg.StringWidth(path+"  "+how) <= room {
		lines = append(lines, "     "+path+"  "+v.paint(dim, how))
	} else {
		lines = append(lines, "     "+clipStart(path, room))
		lines = v.indented(lines, dim, how)
	}
	if !f.OK && why != "" && why != state {
		lines = v.indented(lines, colour, why)
	}
	return lines
}

// indented appends text below a folder, in as many lines as it takes.
func (v statusView) indented(lines []string, colour, text string) []string {
	for _, l := range wrap(text, v.width-5) {
		lines = append(lines, "     "+v.paint(colour, l))
	}
	return lines
}

// watching says how a folder's changes are noticed.
func watching(f web.Folder) string {
	switch {
	case f.Mode == "":
		return "not watched"
	case f.Polled == 0:
		return fmt.Sprintf("%s, %s", f.Mode, plural(f.Watches, "watch", "watches"))
	case f.Watches == 0:
		return fmt.Sprintf("%s, %s looked through", f.Mode, plural(f.Polled, "folder", "folders"))
	default:
		return fmt.Sprintf("%s, %s, %s looked through", f.Mode, plural(f.Watches, "watch", "watches"), plural(f.Polled, "folder", "folders"))
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + many
}

// shortFoot is the part of the foot that matters most.
func (v statusView) shortFoot(s web.Status) []string {
	q := s.Queue
	waiting := fmt.Sprintf("%s of %s waiting, %s in work", count(q.Queued), count(q.Size), count(q.InWork))
	if q.Queued > 0 {
		waiting += ", the oldest for " + short(q.Oldest)
	}
	ended := fmt.Sprintf("%s, and since the start %s done, %s failed, %s skipped", rateOf(s.Rate), count(s.Ended.Done), count(s.Ended.Failed), count(s.Ended.Skipped))
	if s.Ended.Held > 0 {
		ended += fmt.Sprintf(", %s attempts given up", count(s.Ended.Held))
	}
	lines := v.item(nil, "queue", waiting)
	return v.item(lines, "rate", ended)
}

// foot draws what concerns all folders.
func (v statusView) foot(s web.Status) []string {
	lines := v.shortFoot(s)
	full, empty := gauge(s.Memory.Used, s.Memory.Budget, 20)
	lines = append(lines, v.label("memory")+v.paint(cyan, full)+v.paint(dim, empty)+
		fmt.Sprintf("  %s of %s for pictures", bytesOf(s.Memory.Used), bytesOf(s.Memory.Budget)))
	lines = v.item(lines, "stages", stageTimes(s.Stages))
	lines = append(lines, v.hour(s.Minutes)...)
	return append(lines, v.settings(s)...)
}

// stageTimes says where the time of a file goes.
func stageTimes(stages []web.StageTimes) string {
	var parts []string
	for _, st := range stages {
		if st.Items > 0 {
			parts = append(parts, fmt.Sprintf("%s %s +%s", printable(st.Stage), short(st.Busy), short(st.Wait)))
		}
	}
	if len(parts) == 0 {
		return "nothing within the last hour"
	}
	return strings.Join(parts, ", ") + " waiting"
}

// hour draws the throughput of the last hour, one character for each minute; those
// in which something failed are marked by their colour.
func (v statusView) hour(minutes []web.Minute) []string {
	room := v.width - 11
	if len(minutes) > room {
		minutes = minutes[len(minutes)-room:]
	}
	ended := make([]int64, len(minutes))
	var most, all, failed int64
	for i, m := range minutes {
		ended[i] = m.Done + m.Failed
		most, all, failed = max(most, ended[i]), all+ended[i], failed+m.Failed
	}
	if all == 0 {
		return v.item(nil, "hour", "nothing")
	}
	var b strings.Builder
	for i, cell := range sparkline(ended) {
		colour := green
		switch {
		case ended[i] == 0:
			colour, cell = dim, "·"
		case minutes[i].Failed > 0:
			colour = red
		}
		b.WriteString(v.paint(colour, cell))
	}
	text := fmt.Sprintf("%s in %s, at most %s in one", plural(int(all), "file", "files"), plural(len(minutes), "minute", "minutes"), count(most))
	if failed > 0 {
		text += fmt.Sprintf(", %s failed", count(failed))
	}
	return v.item([]string{v.label("hour") + b.String()}, "", text)
}

// settings says which configuration is in force and where the page is.
func (v statusView) settings(s web.Status) []string {
	file := printable(s.Config.File)
	if s.Config.File == "" {
		file = embedded
	}
	lines := v.item(nil, "config", file+", loaded "+when(s.Config.At, s.Now))
	if s.Config.Refused != "" {
		lines = v.coloured(lines, "", red, "the file as it is now is refused: "+printableWords(s.Config.Refused))
	}
	if s.Hooks > 0 {
		lines = v.item(lines, "hooks", undelivered(s.Hooks))
	}
	switch {
	case s.Problem != "":
		lines = v.coloured(lines, "page", red, printable(s.Problem))
	case s.Listen != "":
		lines = v.item(lines, "page", "http://"+printable(s.Listen)+"/")
	}
	return lines
}

// undelivered says how many messages wait for hooks.
func undelivered(n int) string {
	return plural(n, "message to hooks is", "messages to hooks are") + " not delivered yet"
}

// printableWords is printable for each line of text, the lines joined.
func printableWords(text string) string {
	return strings.ReplaceAll(printableLines(strings.TrimSpace(text)), "\n", "; ")
}

func (v statusView) label(name string) string { return v.paint(dim, "   "+left(name, 8)) }

// item appends text beside a label.
func (v statusView) item(lines []string, label, text string) []string {
	return v.coloured(lines, label, "", text)
}

func (v statusView) coloured(lines []string, label, colour, text string) []string {
	for _, l := range wrap(text, v.width-11) {
		if colour != "" {
			l = v.paint(colour, l)
		}
		lines = append(lines, v.label(label)+l)
		label = ""
	}
	return lines
}
