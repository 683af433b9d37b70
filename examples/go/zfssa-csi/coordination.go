// Coordination with other controllers on the same backend, through etcd.

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
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

// coordinate adds to a configuration what the mounted secret has for etcd. It is read when a call
// uses the backend, so that a changed password opens a new driver.
func (s *settings) coordinate(backend string, config zfssa.Config) error {
	if s.Coordination == "" || !s.backend(backend).coordinated() {
		return nil
	}
	mounted, err := coordinationOptions(s.Coordination)
	if err != nil {
		return status.Errorf(codes.FailedPrecondition, "coordination: %v", err)
	}
	for name, value := range mounted {
		if config.Options[name] == "" {
			config.Options[name] = value
		}
	}
	return nil
}

// coordinationOptions returns the options that the mounted secret in a directory has: an account and
// certificates, or one of the two.
func coordinationOptions(folder string) (map[string]string, error) {
	options := map[string]string{}
	for file, option := range map[string]string{"user": coordinationUser, "password": coordinationPassword} {
		text, err := readSecret(filepath.Join(folder, file))
		switch {
		case err == nil:
			options[option] = text
		case !errors.Is(err, os.ErrNotExist):
			return nil, err
		}
	}
	for file, option := range map[string]string{"ca.crt": "zfssa_coordination_ca_file",
		"tls.crt": "zfssa_coordination_cert_file", "tls.key": "zfssa_coordination_key_file"} {
		// The engine takes absolute paths only.
		path, err := filepath.Abs(filepath.Join(folder, file))
		if err == nil {
			_, err = os.Stat(path)
		}
		switch {
		case err == nil:
			options[option] = path
		case !errors.Is(err, os.ErrNotExist):
			return nil, err
		}
	}
	if len(options) == 0 {
		return nil, fmt.Errorf("%s has none of user, password, ca.crt, tls.crt and tls.key: mount the secret there", folder)
	}
	return options, nil
}
