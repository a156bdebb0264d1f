package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"imgwatchd/internal/ledger"
)

// A Client is the API of a daemon that runs. Make one with Connect.
type Client struct {
	http http.Client
}

var _ API = (*Client)(nil)

// ErrNoDaemon says that no daemon listens on a socket.
var ErrNoDaemon = errors.New("no daemon is running")

// Connect returns a client of the daemon that listens on the socket at path, or an
// ErrNoDaemon.
func Connect(path string) (*Client, error) {
	conn, err := dial(context.Background(), path)
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ECONNREFUSED), errors.Is(err, unix.ENOTDIR):
		return nil, ErrNoDaemon
	case errors.Is(err, unix.EACCES):
		return nil, fmt.Errorf("ask the daemon on %q: %w; be root, or a member of the daemon's group", path, err)
	case err != nil:
		return nil, fmt.Errorf("ask the daemon on %q: %w", path, err)
	}
	conn.Close()
	return &Client{http.Client{Timeout: slowQuery, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx, path) },
	}}}, nil
}

// Failed implements API.
func (c *Client) Failed(ctx context.Context) ([]ledger.Entry, error) {
	return get[[]ledger.Entry](ctx, c, "failed", nil)
}

// Status implements API.
func (c *Client) Status() (Status, error) { return get[Status](context.Background(), c, "status", nil) }

// Queue implements API.
func (c *Client) Queue(limit int) (Queue, error) {
	return get[Queue](context.Background(), c, "queue", url.Values{"limit": {strconv.Itoa(limit)}})
}

// History implements API.
func (c *Client) History(ctx context.Context, q Query) (History, error) {
	return get[History](ctx, c, "history", url.Values{
		"text": {q.Text}, "folder": {q.Folder}, "state": {q.State},
		"before": {strconv.FormatInt(q.Before, 10)}, "limit": {strconv.Itoa(q.Limit)},
	})
}

// Explain implements API.
func (c *Client) Explain(path string) (Account, error) {
	return get[Account](context.Background(), c, "explain", url.Values{"path": {path}})
}

// Pause implements API.
func (c *Client) Pause(folders []string) ([]Result, error) { return c.postFolders("pause", folders) }

// Resume implements API.
func (c *Client) Resume(folders []string) ([]Result, error) { return c.postFolders("resume", folders) }

// Rescan implements API.
func (c *Client) Rescan(folders []string) ([]Result, error) { return c.postFolders("rescan", folders) }

// Reload implements API.
func (c *Client) Reload(ctx context.Context) error {
	_, err := post[Health](ctx, c, "reload", nil)
	return err
}

// Retry implements API.
func (c *Client) Retry(s Selection) ([]Result, error) { return c.post("retry", s) }

// Reprocess implements API.
func (c *Client) Reprocess(s Selection) ([]Result, error) { return c.post("reprocess", s) }

// Forget implements API.
func (c *Client) Forget(s Selection) ([]Result, error) { return c.post("forget", s) }

// base is the beginning of every URL; the host is never looked up.
const base = "http://imgwatchd/v1/"

func get[T any](ctx context.Context, c *Client, what string, query url.Values) (T, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+what+"?"+query.Encode(), nil)
	if err != nil {
		return *new(T), err
	}
	response, err := c.http.Do(request)
	return read[T](response, err)
}

func (c *Client) post(what string, s Selection) ([]Result, error) {
	form := url.Values{"path": s.Paths, "all": {strconv.FormatBool(s.All)}, "preset": {s.Preset}}
	for _, id := range s.IDs {
		form.Add("id", strconv.FormatInt(id, 10))
	}
	return post[[]Result](context.Background(), c, what, form)
}

func (c *Client) postFolders(what string, folders []string) ([]Result, error) {
	return post[[]Result](context.Background(), c, what, url.Values{"folder": folders})
}

func post[T any](ctx context.Context, c *Client, what string, form url.Values) (T, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, base+what, strings.NewReader(form.Encode()))
	if err != nil {
		return *new(T), err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := c.http.Do(request)
	return read[T](response, err)
}

// read reads the answer to a request.
func read[T any](response *http.Response, err error) (T, error) {
	var result T
	if err != nil {
		return result, fmt.Errorf("ask the daemon: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return result, readProblem(response)
	}
	if err := json.NewDecoder(response.Body).Decode(&result); err != nil {
		return result, fmt.Errorf("read the daemon's answer: %w", err)
	}
	return result, nil
}

// A Refusal is the daemon's word for why it did not do what it was asked.
type Refusal struct{ Problem string }

func (r *Refusal) Error() string { return r.Problem }

func readProblem(response *http.Response) error {
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<16))
	if err != nil {
		return fmt.Errorf("read the daemon's answer: %w", err)
	}
	var p problem
	if json.Unmarshal(text, &p) != nil || p.Error == "" {
		return fmt.Errorf("the daemon answers %s: %s", response.Status, strings.TrimSpace(string(text)))
	}
	return &Refusal{p.Error}
}
