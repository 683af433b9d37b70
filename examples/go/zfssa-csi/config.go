// Settings file of the controller, and credentials from a mounted secret.

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
)

// settings is the content of the settings file: the backend of the controller, and the nodes.
type settings struct {
	// Options are the options of the engine, without the credentials.
	Options map[string]string `json:"options"`
	// Nodes maps names of nodes to their iSCSI names. Each node has its own initiator group on the
	// appliance, so that a volume can be exported to a single node.
	Nodes map[string]string `json:"nodes"`
	// MaxVolumesPerNode is the maximum number of volumes published to a node; 0 means no limit.
	MaxVolumesPerNode int64 `json:"maxVolumesPerNode"`
}

var nodeName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$`)

func loadSettings(path string) (*settings, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s := &settings{}
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(s); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	seen := map[string]string{}
	for name, iqn := range s.Nodes {
		if !nodeName.MatchString(name) || name == "default" {
			return nil, fmt.Errorf("%s: node %q is not a valid name of an initiator group", path, name)
		}
		folded := strings.ToLower(iqn)
		if other, twice := seen[folded]; twice {
			return nil, fmt.Errorf("%s: nodes %s and %s have the same iSCSI name: set a unique one for each", path, name, other)
		}
		seen[folded] = name
	}
	return s, nil
}

// group returns the initiator group of the node with an iSCSI name.
func (s *settings) group(iqn string) (string, bool) {
	for name, has := range s.Nodes {
		if strings.EqualFold(has, iqn) {
			return name, true
		}
	}
	return "", false
}

// engine returns the configuration of the engine with credentials.
func (s *settings) engine(c credentials) (zfssa.Config, error) {
	options := map[string]string{"zfssa_enable_local_cache": "false"}
	for name, value := range s.Options {
		options[name] = value
	}
	groups := map[string][]map[string]string{}
	for name, iqn := range s.Nodes {
		groups[name] = []map[string]string{{"iqn": iqn}}
	}
	if len(groups) > 0 {
		text, err := json.Marshal(groups)
		if err != nil {
			return zfssa.Config{}, err
		}
		options["zfssa_initiator_config"] = string(text)
	}
	options["san_login"] = c.login
	options["san_password"] = c.password
	return zfssa.Config{Options: options}, nil
}

// onlineExpansion returns whether published volumes can be expanded.
func (s *settings) onlineExpansion() bool {
	return strings.EqualFold(s.Options["zfssa_online_extend"], "true")
}

// credentials are a login and a password. They are never printed.
type credentials struct {
	login, password string
}

func (credentials) String() string   { return "credentials" }
func (credentials) GoString() string { return "credentials" }

// A secretFolder is the directory of a mounted secret, with one file per credential. It is read
// again after rereadAfter, so that a change is noticed.
type secretFolder struct {
	path string

	mu   sync.Mutex
	at   time.Time
	last credentials
	err  error
}

const rereadAfter = time.Second

func (f *secretFolder) read() (credentials, error) {
	if f.path == "" {
		return credentials{}, os.ErrNotExist
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if time.Since(f.at) < rereadAfter {
		return f.last, f.err
	}
	f.at = time.Now()
	f.last = credentials{}
	var login, password []byte
	if login, f.err = os.ReadFile(filepath.Join(f.path, "san_login")); f.err == nil {
		password, f.err = os.ReadFile(filepath.Join(f.path, "san_password"))
	}
	if f.err == nil {
		f.last = credentials{strings.TrimSuffix(string(login), "\n"), strings.TrimSuffix(string(password), "\n")}
	}
	return f.last, f.err
}
