// Coordination with other controllers on the same backend, through etcd.

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Options of the engine for etcd. Those with a file in the mounted secret come from there.
const (
	coordinationURL  = "zfssa_coordination_url"
	coordinationUser = "zfssa_coordination_user"
	// Not in the settings file, which is no place for a secret.
	coordinationPassword = "zfssa_coordination_password"
)

// coordinated returns whether other controllers may serve the backend at the same time, with which
// it shares locks.
func (b *backendSettings) coordinated() bool { return b.Options[coordinationURL] != "" }

// coordinationOptions returns the options that the mounted secret has for etcd: an account, and
// certificates. A password is read when a driver is opened, and a changed one opens a new driver.
func (s *settings) coordinationOptions() (map[string]string, error) {
	options := map[string]string{}
	if s.Coordination == "" {
		return options, nil
	}
	for file, option := range map[string]string{"user": coordinationUser, "password": coordinationPassword} {
		text, err := readSecret(filepath.Join(s.Coordination, file))
		switch {
		case err == nil:
			options[option] = text
		case !errors.Is(err, os.ErrNotExist):
			return nil, fmt.Errorf("coordination: %w", err)
		}
	}
	for file, option := range map[string]string{"ca.crt": "zfssa_coordination_ca_file",
		"tls.crt": "zfssa_coordination_cert_file", "tls.key": "zfssa_coordination_key_file"} {
		path, err := filepath.Abs(filepath.Join(s.Coordination, file))
		if err == nil {
			_, err = os.Stat(path)
		}
		switch {
		case err == nil:
			options[option] = path
		case !errors.Is(err, os.ErrNotExist):
			return nil, fmt.Errorf("coordination: %w", err)
		}
	}
	if len(options) == 0 {
		return nil, fmt.Errorf("coordination: %s has none of user, password, ca.crt, tls.crt and tls.key: mount the secret there",
			s.Coordination)
	}
	return options, nil
}
