// Package packaging holds what is shipped beside the program. Its tests hold that to what
// the program really does.
package packaging

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"imgwatchd/internal/meter"
)

// metricName finds names of metrics in expressions of PromQL.
var metricName = regexp.MustCompile(`\b(imgwatchd|process|go)_[a-z0-9_]+`)

// shownMetrics returns the names of the series that a daemon shows.
func shownMetrics(t *testing.T) map[string]bool {
	t.Helper()
	m := meter.New("test")
	m.Configure(map[string][]string{"photos": {"thumbnail"}})
	m.ConfigureHooks("mail")
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	names := map[string]bool{}
	for line := range strings.Lines(w.Body.String()) {
		names[metricName.FindString(line)] = !strings.HasPrefix(line, "#")
	}
	return names
}

// checkExpr complains of metrics in an expression that no daemon shows.
func checkExpr(t *testing.T, shown map[string]bool, where, expr string) {
	t.Helper()
	names := metricName.FindAllString(expr, -1)
	if len(names) == 0 && !strings.Contains(expr, "up{") {
		t.Errorf("%s asks for no metric: %s", where, expr)
	}
	for _, name := range names {
		if !shown[name] {
			t.Errorf("%s asks for %s, which does not exist", where, name)
		}
	}
}

func TestUnknownMetricsAreFound(t *testing.T) {
	shown := shownMetrics(t)
	for name, want := range map[string]bool{
		"imgwatchd_queue_depth": true, "imgwatchd_stage_wait_seconds_bucket": true, "process_open_fds": true,
		"imgwatchd_queue_length": false, "imgwatchd_stage_wait_seconds": false,
	} {
		if shown[name] != want {
			t.Errorf("%s: shown is %v, want %v", name, shown[name], want)
		}
	}
}

func TestAlertsAskForWhatThereIs(t *testing.T) {
	var file struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	text, err := os.ReadFile("prometheus/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil {
		t.Fatal(err)
	}
	shown, known := shownMetrics(t), map[string]bool{}
	for _, group := range file.Groups {
		for _, r := range group.Rules {
			checkExpr(t, shown, r.Alert, r.Expr)
			if s := r.Labels["severity"]; s != "page" && s != "ticket" {
				t.Errorf("%s has the severity %q", r.Alert, s)
			}
			if r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
				t.Errorf("%s does not say what is wrong and what to do", r.Alert)
			}
			if known[r.Alert] {
				t.Errorf("%s is there twice", r.Alert)
			}
			known[r.Alert] = true
		}
	}
	if len(known) < 10 {
		t.Errorf("only %d rules were read", len(known))
	}
}

// A panel is as Grafana has it, as far as it is looked at here.
type panel struct {
	ID                       int
	Type, Title, Description string
	GridPos                  struct{ X, Y, W, H int }
	Targets                  []struct{ RefID, Expr string }
}

// overlaps reports whether two panels share a place of the grid.
func (p panel) overlaps(o panel) bool {
	a, b := p.GridPos, o.GridPos
	return a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H
}

func TestDashboardAsksForWhatThereIs(t *testing.T) {
	var board struct {
		Title      string
		Panels     []panel
		Templating struct {
			List []struct{ Name, Definition string }
		}
		Annotations struct {
			List []struct{ Name, Expr string }
		}
	}
	text, err := os.ReadFile("grafana/imgwatchd.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	shown, asked := shownMetrics(t), string(text)
	for _, v := range board.Templating.List {
		if v.Definition != "" {
			checkExpr(t, shown, "variable "+v.Name, v.Definition)
		}
		if !strings.Contains(asked, "$"+v.Name) && !strings.Contains(asked, "${"+v.Name+"}") {
			t.Errorf("variable %s is not used", v.Name)
		}
	}
	for _, a := range board.Annotations.List {
		checkExpr(t, shown, "annotation "+a.Name, a.Expr)
	}
	expressions := 0
	for i, p := range board.Panels {
		if p.GridPos.X+p.GridPos.W > 24 || p.GridPos.W*p.GridPos.H == 0 {
			t.Errorf("%q is outside of the grid: %+v", p.Title, p.GridPos)
		}
		for _, o := range board.Panels[:i] {
			if o.ID == p.ID || p.overlaps(o) {
				t.Errorf("%q and %q have one place or number", p.Title, o.Title)
			}
		}
		if p.Type != "row" && (p.Title == "" || p.Description == "" || len(p.Targets) == 0) {
			t.Errorf("panel %d, %q, says or shows nothing", p.ID, p.Title)
		}
		for _, q := range p.Targets {
			checkExpr(t, shown, p.Title, q.Expr)
			expressions++
		}
	}
	if expressions < 20 {
		t.Errorf("only %d expressions were read", expressions)
	}
}
