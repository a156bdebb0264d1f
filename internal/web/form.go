package web

import (
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
)

const (
	maxForm   = 16 << 20 // bytes of a request on the socket: some 100,000 paths
	maxClick  = 1 << 20  // bytes of a request by TCP, where anyone may come: more than a page sends
	maxSearch = 1000     // bytes of a search
)

// readForm reads the form that a request has as its body. Keys that are not known are
// refused: what a slip of the pen leaves empty stands for everything.
func readForm(w http.ResponseWriter, r *http.Request, known ...string) (url.Values, error) {
	if r.URL.RawQuery != "" {
		return nil, badRequest(errors.New("parameters belong in the body, as a form"))
	}
	r.Body = http.MaxBytesReader(w, r.Body, longestForm(r))
	if r.ContentLength != 0 {
		if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
			return nil, wrong{http.StatusUnsupportedMediaType, errors.New("the body must be a form: application/x-www-form-urlencoded")}
		}
	}
	if err := r.ParseForm(); err != nil {
		return nil, badRequest(err)
	}
	return r.PostForm, checkKeys(r.PostForm, known)
}

// longestForm returns how many bytes a request may have.
func longestForm(r *http.Request) int64 {
	if _, tcp := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr); tcp {
		return maxClick
	}
	return maxForm
}

// readQuery reads the parameters of a URL.
func readQuery(r *http.Request, known ...string) (url.Values, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badRequest(err)
	}
	return values, errors.Join(checkKeys(values, known), checkOnce(values, known...))
}

func checkKeys(values url.Values, known []string) error {
	for key := range values {
		if !slices.Contains(known, key) {
			return badRequest(fmt.Errorf("unknown parameter %q; known are %q", key, known))
		}
	}
	return nil
}

// checkOnce refuses keys that are given more than once: only the first would count.
func checkOnce(values url.Values, keys ...string) error {
	for _, key := range keys {
		if len(values[key]) > 1 {
			return badRequest(fmt.Errorf("%s is given more than once", key))
		}
	}
	return nil
}

// readSelection reads what is to be done something to. Where it may be done for one
// preset only, byPreset says so.
func readSelection(w http.ResponseWriter, r *http.Request, byPreset bool) (Selection, error) {
	form, err := readForm(w, r, "path", "id", "all", "preset")
	if err != nil {
		return Selection{}, err
	}
	if err := checkOnce(form, "all", "preset"); err != nil {
		return Selection{}, err
	}
	s := Selection{Paths: form["path"], Preset: form.Get("preset")}
	if s.Preset != "" && !byPreset {
		return Selection{}, badRequest(errors.New("this is done for all presets: leave preset= out"))
	}
	for _, path := range s.Paths {
		if err := checkPath(path); err != nil {
			return Selection{}, err
		}
	}
	for _, text := range form["id"] {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return Selection{}, badRequest(fmt.Errorf("id %q is no number", text))
		}
		s.IDs = append(s.IDs, id)
	}
	if s.All, err = readFlag(form, "all"); err != nil {
		return Selection{}, err
	}
	switch named := len(s.Paths)+len(s.IDs) > 0; {
	case !named && !s.All:
		return Selection{}, badRequest(errors.New("nothing is named: give path=, id= or all=true"))
	case named && s.All:
		return Selection{}, badRequest(errors.New("give either path= and id=, or all=true"))
	}
	return s, nil
}

func readFlag(form url.Values, name string) (bool, error) {
	switch text := form.Get(name); text {
	case "true":
		return true, nil
	case "", "false":
		return false, nil
	default:
		return false, badRequest(fmt.Errorf("%s is %q, neither true nor false", name, text))
	}
}

func readFolders(w http.ResponseWriter, r *http.Request) ([]string, error) {
	form, err := readForm(w, r, "folder")
	if err == nil && slices.Contains(form["folder"], "") {
		err = badRequest(errors.New("a folder without name; leave folder= out for all"))
	}
	return form["folder"], err
}

func checkPath(path string) error {
	if !filepath.IsAbs(path) || filepath.Clean(path) != path {
		return badRequest(fmt.Errorf("path %q is not absolute and clean", path))
	}
	return nil
}

// readSearch reads the query of a search.
func readSearch(r *http.Request) (Query, error) {
	values, err := readQuery(r, "text", "folder", "state", "before", "limit")
	if err != nil {
		return Query{}, err
	}
	q := Query{Text: values.Get("text"), Folder: values.Get("folder"), State: values.Get("state")}
	if len(q.Text) > maxSearch {
		return q, badRequest(fmt.Errorf("text has %d bytes, %d are the most", len(q.Text), maxSearch))
	}
	before, err := readNumber(values, "before", 1<<62)
	if err != nil {
		return q, err
	}
	limit, err := readNumber(values, "limit", MostListed)
	q.Before, q.Limit = before, int(limit)
	return q, err
}

// readNumber reads a number from 0 to most; what is not given is 0.
func readNumber(values url.Values, name string, most int64) (int64, error) {
	text := values.Get(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > most {
		return 0, badRequest(fmt.Errorf("%s is %q, not a number from 0 to %d", name, text, most))
	}
	return n, nil
}
