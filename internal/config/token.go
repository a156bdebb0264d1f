package config

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
)

// minToken is how many characters a token has at least, so that it is not guessed.
const minToken = 16

// A Token is what opens the status page to other machines.
type Token struct {
	Word    string // empty: none is asked for
	Exposed bool   // every user of the machine may read the file that it stands in
}

// Token reads the token from its file: the first line, without the space around it.
func (h HTTP) Token() (Token, error) {
	if h.TokenFile == "" {
		return Token{}, nil
	}
	f, err := os.OpenFile(h.TokenFile, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe would wait for its writer
	if err != nil {
		return Token{}, fmt.Errorf("read token: %w", err)
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return Token{}, fmt.Errorf("read token: %w", err)
	}
	if !fi.Mode().IsRegular() {
		return Token{}, fmt.Errorf("read token: %q is not a regular file", h.TokenFile)
	}
	line, err := bufio.NewReader(io.LimitReader(f, 1<<10)).ReadString('\n')
	if err != nil && err != io.EOF {
		return Token{}, fmt.Errorf("read token: %w", err)
	}
	word := strings.TrimSpace(line)
	if len(word) < minToken {
		return Token{}, fmt.Errorf("read token: the first line of %q has %d characters, %d are the least; make one with: openssl rand -hex 32", h.TokenFile, len(word), minToken)
	}
	return Token{word, fi.Mode().Perm()&0o004 != 0}, nil
}

// checkToken looks whether the token can be read by this process.
func (r *report) checkToken(h HTTP) {
	if _, err := h.Token(); err != nil {
		r.add("http.token_file", err.Error(), "")
	}
}
