// Package configs holds the configuration file that is installed with the
// program: the default, documented for those who edit it.
package configs

import _ "embed"

// Default is the text of imgwatchd.yaml.
//
//go:embed imgwatchd.yaml
var Default string
