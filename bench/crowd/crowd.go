package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// sightings are what the crowd was answered.
type sightings struct{ scrapes, events int64 }

// lanes is over how many connections the scrapes go.
const lanes = 10

// crowd asks the daemon at address until ctx ends.
func crowd(ctx context.Context, address string, l load) sightings {
	var scrapes, events atomic.Int64
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: lanes}}
	var all sync.WaitGroup
	if l.scrapes > 0 {
		for range lanes {
			all.Go(func() { scrape(ctx, client, address, time.Second*lanes/time.Duration(l.scrapes), &scrapes) })
		}
	}
	for range l.watchers {
		all.Go(func() { watch(ctx, client, address, &events) })
	}
	all.Wait()
	client.CloseIdleConnections()
	return sightings{scrapes.Load(), events.Load()}
}

// scrape asks for the metrics once per interval.
func scrape(ctx context.Context, client *http.Client, address string, interval time.Duration, answered *atomic.Int64) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		body, err := get(ctx, client, "http://"+address+"/metrics")
		if err != nil {
			continue // not there yet, or busy
		}
		if _, err := io.Copy(io.Discard, body); err == nil {
			answered.Add(1)
		}
		body.Close()
	}
}

// watch reads the events, and comes again when the stream ends.
func watch(ctx context.Context, client *http.Client, address string, events *atomic.Int64) {
	for ctx.Err() == nil {
		body, err := get(ctx, client, "http://"+address+"/v1/events")
		if err != nil {
			pause(ctx, 100*time.Millisecond)
			continue
		}
		lines := bufio.NewReader(body)
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				break
			}
			if strings.HasPrefix(line, "event:") {
				events.Add(1)
			}
		}
		body.Close()
	}
}

// get returns the body of what is at a URL; any status but 200 is an error.
func get(ctx context.Context, client *http.Client, url string) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		response.Body.Close()
		return nil, errStatus(response.Status)
	}
	return response.Body, nil
}

type errStatus string

func (e errStatus) Error() string { return string(e) }

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
