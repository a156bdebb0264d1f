package main

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// firstVersion is what commits before the first tag lead to.
const firstVersion = "0.1.0"

var described = regexp.MustCompile(`^v([0-9]+\.[0-9]+\.[0-9]+)(?:-(rc[0-9]+))?(?:-([0-9]+)-g([0-9a-f]+))?$`)

// packageVersion returns the version of the package for what "git describe --tags
// --always --dirty" says of a commit of that time. Those of later commits sort
// higher, for dpkg as well as for rpm:
//
//	0.1.0~git20261126021500.1c58f93 < 0.1.0~rc1 < 0.1.0~rc1+3.gabc1234 < 0.1.0 < 0.1.0+12.gabc1234
func packageVersion(describe string, committed time.Time) (string, error) {
	commit, dirty := strings.CutSuffix(describe, "-dirty")
	suffix := ""
	if dirty {
		suffix = "+dirty"
	}
	if regexp.MustCompile(`^[0-9a-f]{7,40}$`).MatchString(commit) {
		return firstVersion + "~git" + committed.UTC().Format("20060102150405") + "." + commit + suffix, nil
	}
	m := described.FindStringSubmatch(commit)
	if m == nil {
		return "", fmt.Errorf("name version: %q is neither a commit nor a tag such as v1.2.3 or v1.2.3-rc1", describe)
	}
	version := m[1]
	if m[2] != "" {
		version += "~" + m[2]
	}
	if m[3] != "" {
		version += "+" + m[3] + ".g" + m[4]
	}
	return version + suffix, nil
}
