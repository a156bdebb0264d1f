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

// ErrNoDaemon says that no daemon listens in a state directory.
var ErrNoDaemon = errors.New("no daemon is running")

// Connect returns a client of the daemon whose state directory is dir, or an
// ErrNoDaemon.
func Connect(dir string) (*Client, error) {
	conn, err := dial(context.Background(), dir)
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ECONNREFUSED), errors.Is(err, unix.ENOTDIR):
		return nil, ErrNoDaemon
	case err != nil:
		return nil, fmt.Errorf("ask the daemon of %q: %w", dir, err)
	}
	conn.Close()
	return &Client{http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx, dir) },
	}}}, nil
}

// Failed implements API.
func (c *Client) Failed() ([]ledger.Entry, error) { return get[[]ledger.Entry](c, "failed", nil) }

// Folders implements API.
func (c *Client) Folders() ([]Folder, error) { return get[[]Folder](c, "folders", nil) }

// Explain implements API.
func (c *Client) Explain(path string) (Account, error) {
	return get[Account](c, "explain", url.Values{"path": {path}})
}

// Retry implements API.
func (c *Client) Retry(s Selection) ([]Result, error) { return c.post("retry", s) }

// Reprocess implements API.
func (c *Client) Reprocess(s Selection) ([]Result, error) { return c.post("reprocess", s) }

// Forget implements API.
func (c *Client) Forget(s Selection) ([]Result, error) { return c.post("forget", s) }

// base is the beginning of every URL; the host is never looked up.
const base = "http://imgwatchd/v1/"

func get[T any](c *Client, what string, query url.Values) (T, error) {
	response, err := c.http.Get(base + what + "?" + query.Encode())
	return read[T](response, err)
}

func (c *Client) post(what string, s Selection) ([]Result, error) {
	form := url.Values{"path": s.Paths, "all": {strconv.FormatBool(s.All)}, "preset": {s.Preset}}
	response, err := c.http.PostForm(base+what, form)
	return read[[]Result](response, err)
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

func readProblem(response *http.Response) error {
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<16))
	if err != nil {
		return fmt.Errorf("read the daemon's answer: %w", err)
	}
	var p problem
	if json.Unmarshal(text, &p) != nil || p.Error == "" {
		return fmt.Errorf("the daemon answers %s: %s", response.Status, strings.TrimSpace(string(text)))
	}
	return errors.New(p.Error)
}
