package render

import (
	"sync"

	"imgwatchd/internal/codec"
	"imgwatchd/internal/resample"
)

// A workspace is the memory in which one picture is worked on. It goes from one picture
// to the next, so that a small one allocates little but its renditions.
type workspace struct {
	decoder codec.Decoder
	encoder codec.Encoder
	scaler  resample.Scaler
	buffers [][]uint8
	used    int // buffers that are taken
}

// keptBytes bounds what a workspace may have taken for a picture if it is to serve others.
const keptBytes = 16 << 20

var workspaces = sync.Pool{New: func() any { return new(workspace) }}

// takeWorkspace returns a workspace for one picture.
func takeWorkspace() *workspace { return workspaces.Get().(*workspace) }

// giveBack ends the use of the workspace, in which a picture has taken at most so many
// bytes, and of all that was taken from it. One in which there was a panic, or in which
// work still goes on, is not given back.
func (w *workspace) giveBack(bytes int64) {
	if bytes > keptBytes {
		return
	}
	w.empty()
	workspaces.Put(w)
}

// empty takes back all buffers, and lets go of them when they have come to too much over
// several pictures.
func (w *workspace) empty() {
	w.used = 0
	if w.held() > keptBytes {
		w.buffers = nil
	}
}

// held returns the bytes of the buffers.
func (w *workspace) held() (bytes int64) {
	for _, b := range w.buffers {
		bytes += int64(cap(b))
	}
	return bytes
}

// plane returns a plane of undefined samples.
func (w *workspace) plane(width, height, channels int) resample.Plane {
	stride := width * channels
	if w.used == len(w.buffers) {
		w.buffers = append(w.buffers, nil)
	}
	b := &w.buffers[w.used]
	if n := stride * height; cap(*b) < n {
		*b = make([]uint8, n)
	}
	w.used++
	return resample.Plane{Pix: (*b)[:stride*height], Stride: stride, Width: width, Height: height, Channels: channels}
}
