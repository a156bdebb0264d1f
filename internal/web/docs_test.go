package web

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestRoutesAreDocumented holds docs/api.md to the routes, in both directions.
func TestRoutesAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Metrics: http.NotFoundHandler()}
	served := make(map[string]bool)
	for _, r := range append(append(s.routes(), s.profiles()...), s.loginRoute(NewDoor(Rule{}))) {
		name := r.method + " " + r.path
		served[name] = true
		if !strings.Contains(string(text), "### "+name+"\n") && !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("%s is not documented", name)
		}
	}
	for _, heading := range regexp.MustCompile(`(?m)^### (.*)$`).FindAllStringSubmatch(string(text), -1) {
		if !served[heading[1]] {
			t.Errorf("%s is documented but not served", heading[1])
		}
	}
}
