package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"imgwatchd/internal/config"
	"imgwatchd/internal/web"
)

// noAnswer is how long a daemon may take for an answer that it has at hand.
const noAnswer = 30 * time.Second

// ask has do ask the daemon that runs with the configuration.
func (f *controlFlags) ask(do func(web.API) error) error {
	api, err := f.connect()
	if err != nil {
		return err
	}
	return do(api)
}

// connect returns the API of the daemon that runs with the configuration.
func (f *controlFlags) connect() (web.API, error) {
	socket, err := f.socket()
	if err != nil {
		return nil, err
	}
	client, err := web.Connect(socket)
	if errors.Is(err, web.ErrNoDaemon) {
		return nil, fmt.Errorf("%w that answers on %s; start it: systemctl start imgwatchd, or imgwatchd run", err, printable(socket))
	}
	if err != nil {
		return nil, err
	}
	return client, nil
}

// socket returns the control socket of the daemon. A file that has faults by now does
// not keep the daemon from being asked that was started with it.
func (f *controlFlags) socket() (string, error) {
	file, cfg, err := loadUsual(f.config)
	if err == nil {
		return cfg.Socket(), nil
	}
	if !errors.As(err, new(config.Faults)) {
		return "", err
	}
	socket := config.SocketOf(file, os.Environ())
	if _, missing := os.Stat(socket); missing != nil {
		return "", err
	}
	return socket, nil
}

// within returns what do returns, or an error when that takes too long. Then do is
// left behind: the program is about to end, or asks no more before it is back.
func within[T any](limit time.Duration, do func() (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	answers := make(chan answer, 1)
	go func() {
		value, err := do()
		answers <- answer{value, err}
	}()
	late := time.NewTimer(limit)
	defer late.Stop()
	select {
	case a := <-answers:
		return a.value, a.err
	case <-late.C:
		var none T
		return none, fmt.Errorf("the daemon has not answered for %v", limit)
	}
}

// status asks how the daemon is.
func (f *controlFlags) status(limit time.Duration) (web.Status, error) {
	return within(limit, func() (web.Status, error) {
		api, err := f.connect()
		if err != nil {
			return web.Status{}, err
		}
		return api.Status()
	})
}
