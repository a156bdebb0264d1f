package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// A problem is the answer to a request that failed.
type problem struct {
	Error string `json:"error"`
}

// A wrong error says with which status to answer.
type wrong struct {
	status int
	error
}

func (w wrong) Unwrap() error { return w.error }

// badRequest makes an error the fault of who asks.
func badRequest(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return wrong{http.StatusRequestEntityTooLarge, err}
	}
	return wrong{http.StatusBadRequest, err}
}

// statusOf returns the status to answer an error with. What the daemon could not do is
// no fault of the request.
func statusOf(err error) int {
	var w wrong
	var late *lockedError
	switch {
	case errors.As(err, &w):
		return w.status
	case errors.As(err, &late):
		return http.StatusTooManyRequests
	default:
		return http.StatusUnprocessableEntity
	}
}

// reply writes what ask returns, for which it has as long as a change of the whole
// ledger takes. Only then does the time run in which who asked must read it.
func reply[T any](w http.ResponseWriter, ask func() (T, error)) {
	result, err := patient(w, ask)
	if err != nil {
		writeError(w, statusOf(err), err)
		return
	}
	writeJSON(w, http.StatusOK, result)
}

func patient[T any](w http.ResponseWriter, ask func() (T, error)) (T, error) {
	c := http.NewResponseController(w)
	late := time.Now().Add(slowQuery)
	_, _ = c.SetReadDeadline(late), c.SetWriteDeadline(late) // none has them but in a test
	defer func() { _ = c.SetWriteDeadline(time.Now().Add(replyTime)) }()
	return ask()
}

func writeError(w http.ResponseWriter, status int, err error) {
	writeJSON(w, status, problem{err.Error()})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // whoever asked has gone if this fails
}

// forPeople reports whether a request is from a form or a link, not from a program.
func forPeople(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

// answer tells a program or a form what became of what it asked for.
func answer(w http.ResponseWriter, r *http.Request, result any, problems []string, err error) {
	switch {
	case forPeople(r) && err != nil:
		showProblems(w, r, statusOf(err), err.Error())
	case forPeople(r) && len(problems) > 0:
		showProblems(w, r, http.StatusUnprocessableEntity, problems...)
	case forPeople(r):
		seeOther(w, cameFrom(r))
	case err != nil:
		writeError(w, statusOf(err), err)
	default:
		writeJSON(w, http.StatusOK, result)
	}
}

// showProblems says in a browser without script what was not done.
func showProblems(w http.ResponseWriter, r *http.Request, status int, problems ...string) {
	show(w, status, "problem.html", struct {
		Problems []string
		Back     string
	}{problems, cameFrom(r)})
}

func seeOther(w http.ResponseWriter, to string) {
	w.Header().Set("Location", to)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusSeeOther)
}

// cameFrom returns the path of the page that a form is on, as far as it is one of ours.
func cameFrom(r *http.Request) string {
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host == "" || u.Host != r.Host {
		return "/"
	}
	// Two slashes would begin the name of a host.
	back := url.URL{Path: "/" + strings.TrimLeft(u.Path, `/\`), RawQuery: u.RawQuery}
	return back.String()
}
