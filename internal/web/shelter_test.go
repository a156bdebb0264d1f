package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestPanic keeps a panic to its request, and hides it from nobody.
func TestPanic(t *testing.T) {
	var told []string
	s := &Server{Warn: func(what string, err error) { told = append(told, what+": "+err.Error()) }}
	h := s.sheltered(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/late":
			w.Write([]byte("half"))
			panic("too late")
		case "/abort":
			panic(http.ErrAbortHandler)
		}
		panic("at once\nand more")
	}))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/now%0a", nil))
	if w.Code != 500 || !strings.HasPrefix(w.Body.String(), `{"error":"internal error`) {
		t.Errorf("answers %d %q", w.Code, w.Body)
	}
	if len(told) != 1 || !strings.Contains(told[0], `GET "/now\n": at once`) || !strings.Contains(told[0], "shelter_test.go") {
		t.Errorf("the log says %q", told)
	}
	for _, path := range []string{"/abort", "/late"} {
		told = nil
		func() {
			defer func() {
				if p := recover(); p != http.ErrAbortHandler {
					t.Errorf("%s: the connection is not cut: %v", path, p)
				}
			}()
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", path, nil))
		}()
		if wanted := path == "/late"; wanted != (len(told) == 1) {
			t.Errorf("%s: the log says %q", path, told)
		}
	}
	for key, want := range map[string]string{
		"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store",
	} {
		if got := w.Header().Get(key); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
}
