package web

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"imgwatchd/internal/job"
	"imgwatchd/internal/ledger"
)

// A view is what the template of the page shows.
type view struct {
	Status     Status
	Headline   headline
	Folders    []folderView
	Throughput plot
	Backlog    plot
	Shares     []share
	ShareNote  string

	Failed     []fileView // the latest that failed
	FailedMore bool
	Files      []fileView
	Query      Query
	Filtered   bool
	Older      string // address of the next page; empty: there is none
	FilesNote  string // why there are no files to show
	Problem    string // why what is shown is not all
	Blank      fileView
	BlankDir   folderView
	Pill       rendition
}

// States are those to choose from.
func (view) States() []job.State { return []job.State{job.Done, job.Failed, job.Skipped} }

// Live reports whether what ends from now on belongs on top of the files.
func (v view) Live() bool { return v.Query.Before == 0 }

// New reports whether nothing was ever worked on, as far as is known.
func (v view) New() bool { return len(v.Files) == 0 && !v.Filtered && v.Live() && v.Problem == "" }

// A headline says in a sentence how things are.
type headline struct {
	Mood  string // well, busy, rest, ill: how it looks
	Title string
	More  string
}

func headlineOf(s Status) headline {
	var ill, paused []string
	settling := 0
	for _, f := range s.Folders {
		settling += f.Settling
		switch {
		case f.Paused:
			paused = append(paused, f.Name)
		case !f.OK:
			ill = append(ill, f.Name)
		}
	}
	h := headline{More: moreOf(s)}
	todo := s.Queue.Queued + s.Queue.InWork
	switch {
	case s.Config.Refused != "":
		h.Mood, h.Title = "ill", "The changed configuration was refused"
	case len(ill) == 1:
		h.Mood, h.Title = "ill", plainText(ill[0])+" needs attention"
	case len(ill) > 1:
		h.Mood, h.Title = "ill", fmt.Sprintf("%d folders need attention", len(ill))
	case todo > 0:
		h.Mood, h.Title = "busy", "Working on "+plural(todo, "file", "files")
	case len(paused) > 0 && len(paused) == len(s.Folders):
		h.Mood, h.Title = "rest", "Paused"
	case len(paused) > 0:
		h.Mood, h.Title = "rest", plural(len(paused), "folder is paused", "folders are paused")
	case settling > 0:
		h.Mood, h.Title = "busy", plural(settling, "file is arriving", "files are arriving")
	default:
		h.Mood, h.Title = "well", "All caught up"
	}
	return h
}

// moreOf adds what is left to say.
func moreOf(s Status) string {
	var parts []string
	if s.Queue.Queued > 0 && s.Rate > 0 {
		left := time.Duration(float64(s.Queue.Queued+s.Queue.InWork) / s.Rate * float64(time.Second))
		parts = append(parts, fmt.Sprintf("about %s to go at %s", spanText(left), rateText(s.Rate)))
	}
	if s.Queue.Oldest >= 10*time.Second {
		parts = append(parts, "the first has waited "+spanText(s.Queue.Oldest))
	}
	parts = append(parts, "watching "+plural(len(s.Folders), "folder", "folders"))
	return upperFirst(strings.Join(parts, " · "))
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// A folderView is a row of the folders.
type folderView struct {
	Folder
	State string // well, ill, rest: how it looks
	Word  string
	Note  string
}

func folderViewOf(f Folder) folderView {
	v := folderView{Folder: f, State: "well", Word: "Watching", Note: f.Reason}
	switch {
	case f.Paused:
		v.State, v.Word = "rest", "Paused"
		if f.Reason == "paused" { // said already
			v.Note = ""
		}
	case !f.OK:
		v.State, v.Word = "ill", "Degraded"
	}
	return v
}

// How says how the folder is watched.
func (f folderView) How() string {
	var parts []string
	if f.Watches > 0 {
		parts = append(parts, "events from "+plural(f.Watches, "directory", "directories"))
	}
	if f.Polled > 0 {
		parts = append(parts, "polls "+plural(f.Polled, "directory", "directories"))
	}
	if f.Settling > 0 {
		parts = append(parts, plural(f.Settling, "file", "files")+" arriving")
	}
	return strings.Join(parts, " · ")
}

// A fileView is a row of files.
type fileView struct {
	ledger.Entry
	Base   string
	Dir    string // below its folder
	Why    string // why there is not all of it
	Links  []rendition
	Failed bool
	Took   string
}

// Source is the address of its thumbnail. What stands under an ID may change, so the
// address says which attempt it is of.
func (f fileView) Source() string {
	if f.State != job.Done {
		return ""
	}
	return fmt.Sprintf("/image/%d/source?v=%d", f.ID, f.Ended.UnixMilli())
}

// Now says what a template cannot ask for itself.
func (v view) Now() time.Time { return v.Status.Now }

func fileViewOf(e ledger.Entry, root string) fileView {
	v := fileView{Entry: e, Failed: e.State == job.Failed, Base: path.Base(e.Path)}
	v.Dir = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSuffix(e.Path, v.Base), root+"/"), "/")
	if e.Reason != "" && e.State != job.Done {
		v.Why = e.Reason
	}
	if !e.Started.IsZero() && !e.Ended.Before(e.Started) {
		v.Took = tookText(e.Ended.Sub(e.Started))
	}
	for _, r := range e.Outputs {
		if r.State == job.Done && r.Path != "" {
			v.Links = append(v.Links, rendition{e.ID, e.Ended.UnixMilli(), r})
		}
	}
	slices.SortFunc(v.Links, func(a, b rendition) int { return strings.Compare(a.Preset, b.Preset) })
	return v
}

// A rendition is a link to one.
type rendition struct {
	ID      int64
	Version int64
	ledger.Rendition
}

// Address is where it is served.
func (r rendition) Address() string {
	return fmt.Sprintf("/image/%d/rendition/%s?v=%d", r.ID, url.PathEscape(r.Preset), r.Version)
}

// classWords say in two words why a file failed.
var classWords = map[job.Class]string{
	job.Malformed:   "Damaged",
	job.Unsupported: "Not supported",
	job.TooLarge:    "Too large",
	job.Timeout:     "Took too long",
	job.Conflict:    "Name taken",
	job.Unreadable:  "Cannot be read",
	job.Crashed:     "Crashed",
	job.GaveUp:      "Given up",
	job.NotImage:    "No image",
	job.Exists:      "Stands already",
	job.Vanished:    "Vanished",
}

// Kind says in two words why there is not all of it.
func (f fileView) Kind() string {
	if word, ok := classWords[f.Class]; ok && f.State != job.Done {
		return word
	}
	return ""
}

// queryOf reads which files are asked for. What makes no sense is left out.
func queryOf(form url.Values) Query {
	q := Query{Text: form.Get("q"), Folder: form.Get("folder"), State: form.Get("state"), Limit: pageSize}
	if len(q.Text) > maxSearch {
		q.Text = q.Text[:maxSearch]
	}
	if before, err := strconv.ParseInt(form.Get("before"), 10, 64); err == nil && before > 0 {
		q.Before = before
	}
	switch job.State(q.State) {
	case job.Done, job.Failed, job.Skipped:
	default:
		q.State = ""
	}
	return q
}

// addressOf is the reverse of queryOf.
func addressOf(q Query) string {
	form := url.Values{}
	for key, value := range map[string]string{"q": q.Text, "folder": q.Folder, "state": q.State} {
		if value != "" {
			form.Set(key, value)
		}
	}
	if q.Before > 0 {
		form.Set("before", strconv.FormatInt(q.Before, 10))
	}
	return "/?" + form.Encode() + "#files"
}

const (
	pageSize   = 50
	failedSize = 20
)

// viewOf asks api for what the page shows.
func viewOf(ctx context.Context, api API, q Query) (view, error) {
	s, err := api.Status()
	if err != nil {
		return view{}, err
	}
	v := view{Status: s, Headline: headlineOf(s), Throughput: throughput(s), Backlog: backlog(s), Query: q}
	v.Shares, v.ShareNote = shares(s)
	v.Filtered = q.Text != "" || q.Folder != "" || q.State != ""
	for _, f := range s.Folders {
		v.Folders = append(v.Folders, folderViewOf(f))
	}
	failed, err := api.History(ctx, Query{State: string(job.Failed), Limit: failedSize})
	if err == nil {
		v.Failed, v.FailedMore = v.files(failed.Entries), failed.More
		err = v.history(ctx, api)
	}
	if err != nil {
		v.Problem = err.Error()
	}
	if v.New() && v.Headline.Mood == "well" {
		v.Headline.Title = "Ready for pictures"
	}
	return v, nil
}

func (v *view) history(ctx context.Context, api API) error {
	page, err := api.History(ctx, v.Query)
	if err != nil {
		return err
	}
	v.Files = v.files(page.Entries)
	if page.More && len(page.Entries) > 0 {
		older := v.Query
		older.Before = page.Entries[len(page.Entries)-1].ID
		v.Older = addressOf(older)
	}
	switch {
	case len(v.Files) > 0:
	case v.Filtered:
		v.FilesNote = "No file matches."
	case !v.Live():
		v.FilesNote = "There are no older files."
	}
	return nil
}

func (v *view) files(entries []ledger.Entry) []fileView {
	roots := make(map[string]string)
	for _, f := range v.Status.Folders {
		roots[f.Name] = f.Path
	}
	views := make([]fileView, len(entries))
	for i, e := range entries {
		views[i] = fileViewOf(e, roots[e.Folder])
	}
	return views
}
