// Settings file and mounted secrets, read again after a change.

package main

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// The files are checked when a call uses them, at most once in rereadAfter, and not watched.
// Kubernetes replaces a mounted secret or config map by renaming a symbolic link to its directory,
// which the next reading sees; a watch would have to follow that link, and an event that is lost
// would leave the former content in use.
const rereadAfter = time.Second

// A settingsFile holds the settings that are in use. After a change they are those of the new
// content if that is valid; otherwise the former ones stay in use.
type settingsFile struct {
	path   string
	logger *slog.Logger

	mu      sync.Mutex
	checked time.Time
	text    []byte
	current *settings
	problem complaint
}

// openSettings reads the file. The error is that of its content.
func openSettings(path string, logger *slog.Logger) (*settingsFile, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	current, err := parseSettings(path, text)
	if err != nil {
		return nil, err
	}
	return &settingsFile{path: path, logger: logger, checked: time.Now(), text: text, current: current}, nil
}

// get returns the settings that are in use. It does not block on the appliance.
func (f *settingsFile) get() *settings {
	f.mu.Lock()
	defer f.mu.Unlock()
	if time.Since(f.checked) < rereadAfter {
		return f.current
	}
	f.checked = time.Now()
	text, err := os.ReadFile(f.path)
	if err == nil && bytes.Equal(text, f.text) {
		f.problem.clear()
		return f.current
	}
	var parsed *settings
	if err == nil {
		parsed, err = parseSettings(f.path, text)
	}
	if err == nil {
		err = f.current.replaceableBy(parsed)
	}
	if err != nil {
		f.problem.log(f.logger, "settings file: new content not used, the former settings stay in use", f.path, err)
		return f.current
	}
	f.problem.clear()
	f.logger.Info("settings file: changed", "file", f.path)
	f.text, f.current = text, parsed
	return f.current
}

// replaceableBy refuses settings with another default place. The ids of its volumes do not name it,
// so they would lead to the new one, where a deletion finds nothing and succeeds.
func (s *settings) replaceableBy(next *settings) error {
	former, home := s.home(defaultBackend), next.home(defaultBackend)
	if former != (place{}) && home != (place{}) && former != home {
		return fmt.Errorf("the options at the top of the file changed from %s to %s, but existing volumes are in the former: "+
			"keep it, and add the other to pools and projects or to backends", former, home)
	}
	return nil
}

// credentials are a login and a password, or a login and the file of a persistent API token, which
// the engine reads. They are never printed.
type credentials struct {
	login, password, tokenFile string
}

func (credentials) String() string   { return "credentials" }
func (credentials) GoString() string { return "credentials" }

// A secretFolder is the directory of a mounted secret, with one file per credential: san_login, and
// san_password or token. If it can no longer be read, the credentials that were read last stay in
// use. The engine notices a change of the token itself.
type secretFolder struct {
	path   string
	logger *slog.Logger

	mu      sync.Mutex
	checked time.Time
	has     bool
	last    credentials
	err     error
	problem complaint
}

// read returns the credentials. The error is that of a directory that could never be read.
func (f *secretFolder) read() (credentials, error) {
	if f.path == "" {
		return credentials{}, os.ErrNotExist
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if time.Since(f.checked) >= rereadAfter {
		f.checked = time.Now()
		f.reread()
	}
	if f.has {
		return f.last, nil
	}
	return credentials{}, f.err
}

func (f *secretFolder) reread() {
	c, err := f.load()
	switch {
	case err == nil:
		f.problem.clear()
		f.has, f.last = true, c
	case f.has:
		f.problem.log(f.logger, "secret: cannot be read, the former credentials stay in use", f.path, err)
	}
	f.err = err
}

func (f *secretFolder) load() (credentials, error) {
	login, err := readSecret(filepath.Join(f.path, "san_login"))
	if err != nil {
		return credentials{}, err
	}
	c := credentials{login: login}
	token := filepath.Join(f.path, "token")
	_, noToken := os.Stat(token)
	c.password, err = readSecret(filepath.Join(f.path, "san_password"))
	switch {
	case err == nil && noToken == nil:
		return credentials{}, fmt.Errorf("%s: has san_password and token: remove one of the two", f.path)
	case errors.Is(err, os.ErrNotExist) && noToken == nil:
		// The engine takes absolute paths only.
		c.tokenFile, err = filepath.Abs(token)
	}
	if err != nil {
		return credentials{}, err
	}
	return c, nil
}

func readSecret(path string) (string, error) {
	text, err := os.ReadFile(path)
	return strings.TrimSuffix(string(text), "\n"), err
}

// A complaint logs a problem with a file once, until the problem changes or ends.
type complaint struct{ last string }

func (c *complaint) log(logger *slog.Logger, message, file string, err error) {
	if c.last != err.Error() {
		c.last = err.Error()
		logger.Error(message, "file", file, "error", err)
	}
}

func (c *complaint) clear() { c.last = "" }
