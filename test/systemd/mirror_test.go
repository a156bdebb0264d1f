package main

import "testing"

func TestMirrorOfSources(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"plain", "Types: deb\nURIs: http://a/debian\nSuites: bookworm bookworm-updates\nComponents: main\n", "http://a/debian"},
		{"comment and security first", "Types: deb\n# URIs: http://x\nURIs: http://a/security\nSuites: bookworm-security\n\nTypes: deb deb-src\nURIs: http://b/debian http://c/debian\nSuites: bookworm\n", "http://b/debian"},
		{"only sources", "Types: deb-src\nURIs: http://a/debian\nSuites: bookworm\n", ""},
		{"another release", "Types: deb\nURIs: http://a/debian\nSuites: trixie\n", ""},
		{"empty", "", ""},
	}
	for _, tt := range tests {
		if got := fromSources(tt.text); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestMirrorOfList(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"plain", "# deb http://x bookworm main\ndeb http://a/debian bookworm main\n", "http://a/debian"},
		{"options", "deb [ arch=amd64 signed-by=/k ] http://a/debian bookworm main\n", "http://a/debian"},
		{"close options", "deb [arch=amd64] http://a/debian bookworm main\n", "http://a/debian"},
		{"another release", "deb http://a/debian bookworm-updates main\ndeb-src http://a/debian bookworm main\n", ""},
		{"broken", "deb\ndeb [x\ndeb [x] y\n", ""},
	}
	for _, tt := range tests {
		if got := fromList(tt.text); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
