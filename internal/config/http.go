package config

import (
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// HTTP says where the status page and the API are served, besides the socket.
type HTTP struct {
	Listen    string   `yaml:"listen" default:"127.0.0.1:8077"`
	TokenFile string   `yaml:"token_file,omitempty"`
	Hosts     []string `yaml:"hosts" default:"[]" max:"100"`
}

// The state directory and the socket of the installed service. Its runtime directory
// is open to who may ask; the state directory is not.
const (
	serviceState  = "/var/lib/imgwatchd"
	serviceSocket = "/run/imgwatchd/control.sock"
)

// HTTP returns where the status page is served, and who may see it.
func (c *Config) HTTP() HTTP {
	h := c.settings.HTTP
	h.Hosts = slices.Clone(h.Hosts)
	return h
}

// Socket returns the absolute path of the control socket.
func (c *Config) Socket() string {
	switch {
	case c.settings.Socket != "":
		return c.settings.Socket
	case c.settings.StateDir == serviceState:
		return serviceSocket
	default:
		return filepath.Join(c.settings.StateDir, filepath.Base(serviceSocket))
	}
}

// checkHTTP notes an address that cannot be listened on, and one that would show
// everything to everyone.
func (r *report) checkHTTP(h HTTP) {
	for i, name := range h.Hosts {
		if !isHost(name) {
			r.add(fmt.Sprintf("http.hosts[%d]", i), fmt.Sprintf("%q is no name of a host", clip(name)), "write it as in the address of the page, without http:// and without a port")
		}
	}
	if h.Listen == "" || r.below("http.listen") {
		return
	}
	host, port, err := net.SplitHostPort(h.Listen)
	if n, wrong := strconv.Atoi(port); err != nil || wrong != nil || n < 0 || n > 65535 || host != "" && !isHost(host) {
		r.add("http.listen", fmt.Sprintf("%q is no address to listen on", clip(h.Listen)), "write ADDRESS:PORT, such as 127.0.0.1:8077 or [::1]:8077; \"\" turns the page off")
		return
	}
	if h.TokenFile == "" && !isLoopback(host) {
		r.add("http.listen", fmt.Sprintf("%q can be reached from other machines, and whoever reaches it would see and may change everything", h.Listen),
			"name a file with a secret word in http.token_file, or listen on 127.0.0.1")
	}
}

// isLoopback reports whether a host is reached from this machine alone.
func isLoopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// isHost reports whether text is a name or an address, by its letters.
func isHost(text string) bool {
	if _, err := netip.ParseAddr(text); err == nil {
		return true
	}
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"
	return text != "" && len(text) <= 253 && strings.Trim(text, letters) == ""
}
