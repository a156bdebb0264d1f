package daemon

import (
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

func TestRepeatsAreLeftOutAndCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zapcore.InfoLevel)
		log := calmed(zap.New(core)).With(zap.String("life", "one"))
		say := func(n int, message, folder, class string) {
			for range n {
				log.Warn(message, zap.String("folder", folder), zap.String("class", class))
			}
		}
		expect := func(want ...int) { // left_out of each line
			t.Helper()
			lines := logs.TakeAll()
			if len(lines) != len(want) {
				t.Fatalf("%d lines, want %d: %v", len(lines), len(want), lines)
			}
			for i, line := range lines {
				fields := line.ContextMap()
				if got, _ := fields["left_out"].(int64); got != int64(want[i]) || fields["life"] != "one" {
					t.Errorf("line %d has %v, want left_out %d", i, fields, want[i])
				}
			}
		}
		say(500, "held", "photos", "transient")
		say(2, "held", "scans", "transient") // the fault of one folder hides no other's
		say(2, "held", "photos", "timeout")
		say(2, "moved", "photos", "transient")
		expect(0, 0, 0, 0)
		<-time.After(calmFor - time.Nanosecond)
		say(1, "held", "photos", "transient")
		expect()
		<-time.After(time.Nanosecond)
		say(3, "held", "photos", "transient")
		expect(500)
		<-time.After(calmFor)
		say(1, "held", "photos", "transient")
		expect(2)
		<-time.After(calmFor)
		say(1, "held", "photos", "transient")
		expect(0)
		log.Debug("below the level")
		expect()
	})
}
