package web

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// An album has pictures of the ID 7, and none of others.
type album struct{ format string }

func (a album) Thumbnail(_ context.Context, id int64) (Thumbnail, error) {
	switch id {
	case 7:
		return Thumbnail{[]byte("small"), "abc"}, nil
	case 8:
		return Thumbnail{}, ErrBusy
	}
	return Thumbnail{}, ErrNoPicture
}

type openPicture struct{ *bytes.Reader }

func (openPicture) Close() error { return nil }

func (a album) Rendition(id int64, preset string) (RenditionFile, error) {
	if id != 7 || preset != "two words" {
		return RenditionFile{}, ErrNoPicture
	}
	file := openPicture{bytes.NewReader([]byte("<script>"))}
	return RenditionFile{file, "a\"b\n\u202e/c.jpg", a.format, time.Time{}, "def"}, nil
}

func askPicture(format, address string, header http.Header) *http.Response {
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", address, nil)
	r.Header = header
	new(Server).sheltered(NewPage(nil, album{format})).ServeHTTP(w, r)
	return w.Result()
}

func TestPictures(t *testing.T) {
	for _, test := range []struct {
		address, format string
		status          int
		kind            string
	}{
		{"/image/7/source", "", 200, "image/jpeg"},
		{"/image/9/source", "", 404, ""},
		{"/image/8/source", "", 503, ""},
		{"/image/x/source", "", 404, ""},
		{"/image/../source", "", 307, ""}, // to its clean form, which is nothing
		{"/image/7/rendition/two%20words", "png", 200, "image/png"},
		{"/image/7/rendition/two%20words", "text/html", 404, ""},
		{"/image/7/rendition/other", "png", 404, ""},
		{"/image/7/rendition/..%2f..%2fetc", "png", 404, ""},
	} {
		response := askPicture(test.format, test.address, nil)
		if response.StatusCode != test.status {
			t.Errorf("%s: %s, want %d", test.address, response.Status, test.status)
		}
		if h := response.Header; test.status == 200 && (h.Get("Content-Type") != test.kind || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Security-Policy") != picturePolicy) {
			t.Errorf("%s: %v", test.address, h)
		}
	}
}

func TestPictureIsKept(t *testing.T) {
	known := http.Header{"If-None-Match": {`"def"`}}
	if response := askPicture("png", "/image/7/rendition/two%20words", known); response.StatusCode != http.StatusNotModified {
		t.Errorf("answers %s", response.Status)
	}
	response := askPicture("png", "/image/7/rendition/two%20words", nil)
	body, _ := io.ReadAll(response.Body)
	if string(body) != "<script>" || response.Header.Get("ETag") != `"def"` {
		t.Errorf("%q, %v", body, response.Header)
	}
	if got, want := response.Header.Get("Content-Disposition"), "inline; filename=a_b_nU+202E_c.jpg"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
