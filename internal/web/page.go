package web

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"time"
)

// A Page is the status page: how the daemon is, what it did, and what failed, for a
// browser. It is whole without JavaScript; page.js keeps it up to date by the events
// of the API, and has what its forms ask for done without leaving it.
//
// It shows what others chose, the names of files above all, as text and never as
// anything else, and marks what would not be seen. It serves pictures by the IDs of
// the ledger only. It does not check who asks, nor what a browser may make of an answer;
// that is the server's business.
type Page struct {
	api      func() API
	pictures Pictures
	mux      *http.ServeMux
}

// NewPage returns the page of what api returns, with the pictures of it; nil: without
// pictures.
func NewPage(api func() API, pictures Pictures) *Page {
	p := &Page{api: api, pictures: pictures, mux: http.NewServeMux()}
	p.mux.HandleFunc("GET /{$}", p.index)
	p.mux.HandleFunc("GET /static/{name}", serveAsset)
	p.mux.HandleFunc("GET /image/{id}/source", p.source)
	p.mux.HandleFunc("GET /image/{id}/rendition/{preset}", p.rendition)
	return p
}

// ServeHTTP implements http.Handler.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.mux.ServeHTTP(w, r) }

func (p *Page) index(w http.ResponseWriter, r *http.Request) {
	v, err := viewOf(r.Context(), p.api(), queryOf(r.URL.Query()))
	if err != nil {
		show(w, http.StatusServiceUnavailable, "fault.html", err.Error())
		return
	}
	v.Blank, v.BlankDir = fileView{Links: []rendition{{}}}, folderView{}
	show(w, http.StatusOK, "index.html", v)
}

// Login shows the form that asks for the token. What went wrong with the last attempt is
// said in failed; "": there was none.
func (p *Page) Login(w http.ResponseWriter, failed string) {
	show(w, http.StatusUnauthorized, "login.html", failed)
}

// show answers with a template. Nothing is sent before it is whole.
func show(w http.ResponseWriter, status int, name string, data any) {
	var text bytes.Buffer
	if err := templates.ExecuteTemplate(&text, name, data); err != nil {
		http.Error(w, "show page: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(text.Bytes()) // whoever asked has gone if this fails
}

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"ago":    agoText,
	"asset":  assetAddress,
	"bytes":  bytesText,
	"count":  func(n any) (string, error) { return countAny(n) },
	"exact":  exactText,
	"list":   listText,
	"number": numberText,
	"pieces": piecesOf,
	"plain":  plainText,
	"rate":   rateText,
	"row":    rowOf,
	"upper":  func(s any) string { return upperFirst(fmt.Sprint(s)) },
	"rfc":    func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) },
}).ParseFS(assets, "page/*.html"))

func countAny(n any) (string, error) {
	switch n := n.(type) {
	case int:
		return countText(n), nil
	case int64:
		return countText(n), nil
	}
	return "", errors.New("count " + fmt.Sprintf("%T", n))
}

// A row is what the template of a row shows.
type row struct {
	Now time.Time
	V   any
}

func rowOf(now time.Time, v any) row { return row{now, v} }
