package dropin

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"

	"imgwatchd/internal/config"
)

// private are the addresses of networks that lead nowhere else.
var private = []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10"}

// addresses returns who the service must be allowed to talk to, besides this machine,
// and why.
func addresses(c *config.Config) (allow, why []string) {
	if listen := c.HTTP().Listen; listen != "" {
		allow = readers(listen)
		if len(allow) > 0 {
			why = append(why, fmt.Sprintf("The status page is served on %s: name those alone who may see it.", comment(listen)))
		}
	}
	for _, h := range c.Hooks() {
		if to := server(h.Webhook); to != "" {
			allow = append(allow, to)
			why = append(why, fmt.Sprintf("The hook %s posts to %s.", comment(h.Name), hostOf(h.Webhook)))
		}
	}
	slices.Sort(allow)
	return slices.Compact(allow), why
}

// readers returns who can reach an address that is listened on.
func readers(listen string) []string {
	host, _, err := net.SplitHostPort(listen)
	if err != nil || onThisMachine(host) {
		return nil
	}
	a, err := netip.ParseAddr(host)
	if err == nil && a.IsGlobalUnicast() && !a.IsPrivate() {
		return []string{"any"}
	}
	return slices.Clone(private)
}

// server returns the address that a webhook goes to; "": this machine, or nowhere. A name
// may lead anywhere, and whoever knows where must be asked, too.
func server(webhook string) string {
	host := hostOf(webhook)
	switch {
	case host == "" || onThisMachine(host):
		return ""
	case isAddress(host):
		return host
	default:
		return "any"
	}
}

// hostOf returns the host of a URL, of which the rest may be a secret.
func hostOf(webhook string) string {
	u, err := url.Parse(webhook)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

func isAddress(host string) bool {
	a, err := netip.ParseAddr(host)
	return err == nil && a.Zone() == ""
}

// onThisMachine reports whether a host is this machine alone.
func onThisMachine(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}
