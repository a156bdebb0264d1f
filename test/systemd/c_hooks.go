package main

import (
	"encoding/json"
	"os"
	"strings"
)

// teller is a hook's command: it keeps what it is told, a line at a time, since two may run
// at once. The sandbox lets it write where the service may.
const teller = "#!/bin/sh\nevent=$(cat)\nprintf '%s\\n' \"$event\" >>/srv/imgwatchd/told.jsonl\n"

// toTell puts the teller into the configuration that the package installs.
const toTell = `sed -i -E 's#^  (on_done|on_failed): \[\]#  \1: [{name: teller, command: [/usr/local/bin/teller]}]#' ` + configuration

func hooksCheck(t *trial) {
	t.must(os.WriteFile(t.at("/usr/local/bin/teller"), []byte(teller), 0o755))
	t.root("cp " + configuration + " /root/before.yaml")
	t.root(toTell + " && grep -q teller " + configuration)
	t.root("systemctl reload imgwatchd")
	t.drop("bob", photos, 640, 480, "told.jpg")
	t.as("bob", "head -c 500 "+photos+"/told.jpg >"+photos+"/cut.jpg")
	t.until("both events", func() bool {
		told := t.events()
		return told["file.done "+photos+"/told.jpg"] && told["file.failed "+photos+"/cut.jpg"]
	})
	t.see("told of told.jpg done and of cut.jpg failed")
	t.root("mv /root/before.yaml " + configuration + " && systemctl reload imgwatchd && rm /srv/imgwatchd/told.jsonl")
}

// events returns what the teller was told: the kind of event and the source.
func (t *trial) events() map[string]bool {
	text, err := os.ReadFile(t.at("/srv/imgwatchd/told.jsonl"))
	if err != nil {
		return nil // nothing yet
	}
	events := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		var event struct {
			Event  string
			Source struct{ Path string }
		}
		if json.Unmarshal([]byte(line), &event) == nil { // the last may be half-written
			events[event.Event+" "+event.Source.Path] = true
		}
	}
	return events
}
