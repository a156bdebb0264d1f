package daemon

import (
	"sync"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// calmFor is how long a line of a kind keeps further ones of its kind out.
const calmFor = time.Second

// calmed returns a logger that lets one line of a kind through in a second: for faults of
// the machine, which hit every file alike. A kind is a message about a folder, with a class
// of reasons, or one about a hook. Each line tells how many were left out before it.
func calmed(log *zap.Logger) *zap.Logger {
	return log.WithOptions(zap.WrapCore(func(c zapcore.Core) zapcore.Core {
		return calm{c, &kinds{known: make(map[kind]*repeats)}}
	}))
}

// A calm is a core that keeps repeats out.
type calm struct {
	zapcore.Core
	kinds *kinds
}

// With implements zapcore.Core.
func (c calm) With(fields []zapcore.Field) zapcore.Core { return calm{c.Core.With(fields), c.kinds} }

// Check implements zapcore.Core.
func (c calm) Check(e zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(e.Level) {
		return checked.AddCore(e, c)
	}
	return checked
}

// Write implements zapcore.Core.
func (c calm) Write(e zapcore.Entry, fields []zapcore.Field) error {
	leftOut, ok := c.kinds.admit(kindOf(e, fields), e.Time)
	if !ok {
		return nil
	}
	if leftOut > 0 {
		fields = append(fields[:len(fields):len(fields)], zap.Int("left_out", leftOut))
	}
	return c.Core.Write(e, fields)
}

// A kind is what repeats have in common. There are as many as the configuration has
// folders, times a few.
type kind struct{ message, folder, hook, class string }

func kindOf(e zapcore.Entry, fields []zapcore.Field) kind {
	k := kind{message: e.Message}
	for _, f := range fields {
		switch f.Key {
		case "folder":
			k.folder = f.String
		case "hook":
			k.hook = f.String
		case "class":
			k.class = f.String
		}
	}
	return k
}

// Kinds know when a line of each kind was written last.
type kinds struct {
	mu    sync.Mutex
	known map[kind]*repeats
}

type repeats struct {
	last    time.Time
	leftOut int // since then
}

// admit reports whether a line may be written, and how many of its kind were not since
// the last one that was.
func (k *kinds) admit(of kind, now time.Time) (leftOut int, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	r, known := k.known[of]
	if known && now.Sub(r.last) < calmFor {
		r.leftOut++
		return 0, false
	}
	if known {
		leftOut = r.leftOut
	}
	k.known[of] = &repeats{last: now}
	return leftOut, true
}
