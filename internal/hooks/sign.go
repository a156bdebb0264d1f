package hooks

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
)

const (
	maxSecret = 4 << 10 // bytes of a secret file
	minKey    = 16      // bytes of a key: a shorter one can be guessed
	keyPrefix = "whsec_"
)

// ReadSecret returns the keys in a file, one in each line: an event is signed with each
// of them, so that a key can be exchanged while its successor is in use already. A line
// that begins with whsec_ is base64, as Standard Webhooks has it; any other is the key
// itself.
func ReadSecret(file string) (keys [][]byte, err error) {
	f, err := os.OpenFile(file, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe would wait for its writer
	if err != nil {
		return nil, err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !fi.Mode().IsRegular() {
		return nil, fmt.Errorf("%q is not a regular file", file)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > maxSecret:
		return nil, fmt.Errorf("%q is larger than %d bytes", file, maxSecret)
	}
	for line := range bytes.Lines(text) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			continue
		}
		key, err := readKey(line)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", file, err)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%q is empty", file)
	}
	return keys, nil
}

// readKey returns the key that a line holds. The errors repeat nothing of it.
func readKey(line []byte) ([]byte, error) {
	if encoded, ok := bytes.CutPrefix(line, []byte(keyPrefix)); ok {
		decoded, err := base64.StdEncoding.DecodeString(string(encoded))
		if err != nil {
			return nil, errors.New("what follows " + keyPrefix + " is not base64")
		}
		line = decoded
	}
	if len(line) < minKey {
		return nil, fmt.Errorf("a key of %d bytes is too short, %d is the least", len(line), minKey)
	}
	return line, nil
}

// sign returns the signatures of an event, as Standard Webhooks has them: of its ID, the
// time in seconds and the body, joined by dots.
func sign(keys [][]byte, id, timestamp string, body []byte) string {
	signatures := make([]string, len(keys))
	for i, key := range keys {
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s.%s.", id, timestamp)
		mac.Write(body)
		signatures[i] = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return strings.Join(signatures, " ")
}
