package hooks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"
)

// A webhook is a server that gets the event by POST. Redirects are not followed: an
// event goes where the configuration says, and nowhere else.
type webhook struct {
	url        string
	secretFile string
	agent      string
	client     *http.Client

	mu   sync.Mutex
	keys [][]byte // of the secret file, once it was read
}

func newWebhook(h Hook, version string) *webhook {
	dialer := net.Dialer{Timeout: h.Timeout}
	return &webhook{
		url: h.Webhook, secretFile: h.SecretFile, agent: "imgwatchd/" + version,
		client: &http.Client{
			Transport: &http.Transport{
				Proxy:                  http.ProxyFromEnvironment,
				DialContext:            dialer.DialContext,
				ForceAttemptHTTP2:      true,
				MaxConnsPerHost:        h.Concurrency,
				MaxIdleConnsPerHost:    h.Concurrency,
				IdleConnTimeout:        time.Minute,
				MaxResponseHeaderBytes: 64 << 10,
				DisableCompression:     true,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

func (w *webhook) close() { w.client.CloseIdleConnections() }

func (w *webhook) send(ctx context.Context, m message) verdict {
	request, err := w.request(ctx, m, time.Now())
	if err != nil {
		return verdict{result: Delayed, err: err, unmade: true}
	}
	response, err := w.client.Do(request)
	if err != nil {
		return verdict{result: Delayed, err: fmt.Errorf("post event: %w", bare(err))}
	}
	defer response.Body.Close()
	var said tail
	_, _ = io.CopyN(&said, response.Body, maxTail) // whatever comes, the status is there
	v := judgeStatus(response.StatusCode)
	if v.result != Delivered {
		v.output = said.String()
	}
	if v.result == Delayed {
		v.wait = retryAfter(response.Header.Get("Retry-After"), time.Now())
	}
	return v
}

// request returns the request that tells an event, signed.
func (w *webhook) request(ctx context.Context, m message, now time.Time) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(m.body))
	if err != nil {
		return nil, fmt.Errorf("post event: %w", bare(err))
	}
	keys, err := w.secret()
	if err != nil {
		return nil, fmt.Errorf("sign event: %w", err)
	}
	timestamp := strconv.FormatInt(now.Unix(), 10)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", w.agent)
	r.Header.Set("Idempotency-Key", m.event.ID)
	r.Header.Set("Webhook-Id", m.event.ID)
	r.Header.Set("Webhook-Timestamp", timestamp)
	if len(keys) > 0 {
		r.Header.Set("Webhook-Signature", sign(keys, m.event.ID, timestamp, m.body))
	}
	return r, nil
}

// secret returns the keys, which are read once.
func (w *webhook) secret() ([][]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.keys == nil && w.secretFile != "" {
		keys, err := ReadSecret(w.secretFile)
		if err != nil {
			return nil, err
		}
		w.keys = keys
	}
	return w.keys, nil
}

// bare returns an error of the client without the URL, which may hold a secret.
func bare(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// refusals are the answers by which a server says that it will never take this event.
// Any other, such as 401 or 404, is a fault that someone may mend.
var refusals = []int{
	http.StatusBadRequest, http.StatusConflict, http.StatusGone, http.StatusRequestEntityTooLarge,
	http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity,
}

// judgeStatus returns what a status means. The words of the server are not repeated:
// they may be anything.
func judgeStatus(code int) verdict {
	err := fmt.Errorf("server answers %d %s", code, http.StatusText(code))
	switch {
	case code >= 200 && code < 300:
		return verdict{result: Delivered}
	case code >= 300 && code < 400:
		return verdict{result: Delayed, err: fmt.Errorf("%w: redirects are not followed, the configuration must name the new address", err)}
	case slices.Contains(refusals, code):
		return verdict{result: Failed, err: err, healthy: true}
	default:
		return verdict{result: Delayed, err: err}
	}
}

// retryAfter reads the header of that name: seconds, or a date. It returns 0 for
// anything else.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, longestAsked)
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, min(at.Sub(now), longestAsked))
	}
	return 0
}
