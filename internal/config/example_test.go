package config_test

import (
	"fmt"

	"imgwatchd/internal/config"
)

func ExampleParse() {
	_, err := config.Parse("imgwatchd.yaml", []byte(`
folders:
  - name: photos
    path: /srv/photos
    stabel_for: 2s
    presets: [thumbnial]
    output: {dir: /srv/photos/out}
limits: {memory: lots}
`), "/etc/imgwatchd", []string{"IMGWATCHD_LOG_LEVEL=loud"})
	fmt.Println(err)
	// Output:
	// imgwatchd.yaml:5: folders[0].stabel_for: unknown key (did you mean "stable_for"?)
	// imgwatchd.yaml:6: folders[0].presets[0]: unknown preset "thumbnial" (did you mean "thumbnail"?)
	// imgwatchd.yaml:7: folders[0].output.dir: "/srv/photos/out" is inside the watched folder "photos" (choose a folder beside it, or add "out/" to the exclude of "photos")
	// imgwatchd.yaml:8: limits.memory: "lots" is not a size; write it like 256MiB, 100KB or 4096
	// IMGWATCHD_LOG_LEVEL: log.level: "loud" is not one of debug, info, warn, error
}
