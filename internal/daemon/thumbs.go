package daemon

import (
	"container/list"
	"sync"
)

// thumbs keeps thumbnails up to a number of bytes; those that nobody asked for the
// longest go first. The zero thumbs keeps none.
type thumbs struct {
	bound int

	mu     sync.Mutex
	size   int
	order  list.List // of *thumb, the one asked for last in front
	places map[string]*list.Element
}

type thumb struct {
	tag  string
	data []byte
}

func (t *thumbs) get(tag string) ([]byte, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	place, ok := t.places[tag]
	if !ok {
		return nil, false
	}
	t.order.MoveToFront(place)
	return place.Value.(*thumb).data, true
}

func (t *thumbs) put(tag string, data []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.places[tag]; ok || len(data) > t.bound {
		return
	}
	if t.places == nil {
		t.places = make(map[string]*list.Element)
	}
	t.places[tag] = t.order.PushFront(&thumb{tag, data})
	for t.size += len(data); t.size > t.bound; {
		last := t.order.Remove(t.order.Back()).(*thumb)
		delete(t.places, last.tag)
		t.size -= len(last.data)
	}
}
