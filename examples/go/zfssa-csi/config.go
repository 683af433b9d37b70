// Settings file of the controller: backends, allowed places, and nodes.

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
)

// settings is the content of the settings file: the backends of the controller, and the nodes. It
// does not change after it was parsed.
type settings struct {
	// Options, Pools, Projects and TargetGroups are those of the default backend, whose name is
	// default. It exists if Options are set.
	Options      map[string]string  `json:"options"`
	Pools        []string           `json:"pools,omitempty"`
	Projects     []string           `json:"projects,omitempty"`
	TargetGroups map[string]portals `json:"targetGroups,omitempty"`
	Topology     []segments         `json:"topology,omitempty"`
	// Backends are further backends by name.
	Backends map[string]*backendSettings `json:"backends,omitempty"`
	// Nodes maps names of nodes to their iSCSI names. Each node has its own initiator group on the
	// appliance, so that a volume can be exported to a single node. Nodes that are not listed get
	// theirs when the first volume is published to them, unless zfssa_register_hosts is false.
	Nodes map[string]string `json:"nodes"`
	// MaxVolumesPerNode is the maximum number of volumes published to a node; 0 means no limit but
	// that of LU numbers.
	MaxVolumesPerNode int64 `json:"maxVolumesPerNode"`
	// Coordination is the directory of a mounted secret with the account and the certificates for
	// etcd, for each backend with the option zfssa_coordination_url.
	Coordination string `json:"coordination,omitempty"`

	// Every place in which the driver may have volumes, by the mark in their ids.
	places map[string]place
}

// backendSettings are an appliance, and the places on it that storage classes may choose.
type backendSettings struct {
	// Options are the options of the engine, without the credentials. A storage class that does
	// not choose another place gets their pool, project and target group.
	Options map[string]string `json:"options"`
	// Credentials is the directory of a mounted secret, for calls without secrets.
	Credentials string `json:"credentials,omitempty"`
	// Pools and Projects are those that a storage class may choose besides those of the options. It
	// may choose each project in each pool.
	Pools    []string `json:"pools,omitempty"`
	Projects []string `json:"projects,omitempty"`
	// TargetGroups are those that a storage class may choose besides that of the options.
	TargetGroups map[string]portals `json:"targetGroups,omitempty"`
	// Topology lists the topologies from which the backend is accessible; empty if every node
	// reaches it. A key without a prefix gets the driver's name as its prefix.
	Topology []segments `json:"topology,omitempty"`
}

// portals are the options and the topology of a target group; empty ones are those of the backend.
type portals struct {
	// Portal is the option zfssa_target_portal.
	Portal string `json:"portal,omitempty"`
	// Interfaces is the option zfssa_target_interfaces.
	Interfaces string `json:"interfaces,omitempty"`
	// Topology lists the topologies from which the portals are accessible.
	Topology []segments `json:"topology,omitempty"`
}

// defaultBackend is the name of the backend of the options at the top of the file.
const defaultBackend = "default"

// mostPlaces bounds the number of places of all backends, because the lists of volumes and
// snapshots have a driver open for each.
const mostPlaces = 32

var (
	nodeName    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$`)
	backendName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,13}$`)
)

// parseSettings parses and checks the content of the settings file.
func parseSettings(path string, text []byte) (*settings, error) {
	s := &settings{}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(s)
	if err == nil {
		err = errors.Join(s.checkNodes(), s.checkBackends())
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

func (s *settings) checkNodes() error {
	if most := s.MaxVolumesPerNode; most < 0 || most > highestLUN+1 {
		return fmt.Errorf("maxVolumesPerNode is %d: set 0 to %d", most, highestLUN+1)
	}
	seen := map[string]string{}
	for name, iqn := range s.Nodes {
		if !nodeName.MatchString(name) || name == "default" {
			return fmt.Errorf("node %q is not a valid name of an initiator group", name)
		}
		folded := strings.ToLower(iqn)
		if other, twice := seen[folded]; twice {
			return fmt.Errorf("nodes %s and %s have the same iSCSI name: set a unique one for each", name, other)
		}
		seen[folded] = name
	}
	return nil
}

// checkBackends checks the name and the places of each backend, and the values of its options.
func (s *settings) checkBackends() error {
	s.places = map[string]place{}
	count := 0
	var topologies []segments
	for _, name := range s.backendNames() {
		b := s.backend(name)
		if name != defaultBackend && (!backendName.MatchString(name) || strings.HasPrefix(name, prefix)) {
			return fmt.Errorf("backend %q: set a name of at most 14 lower-case letters, digits and hyphens "+
				"that does not begin with %s", name, prefix)
		}
		if b == nil {
			return fmt.Errorf("backend %s: is null: set its options", name)
		}
		topology, err := b.checkTopology()
		if err != nil {
			return fmt.Errorf("backend %s: %w", name, err)
		}
		topologies = append(topologies, topology...)
		for _, at := range b.places(name) {
			count++
			if other, twice := s.places[at.mark()]; twice {
				return fmt.Errorf("backend %s: %s and %s have the same mark in the ids of volumes: rename a project",
					name, at, other)
			}
			s.places[at.mark()] = at
		}
	}
	anywhere := slices.ContainsFunc(s.backendNames(), func(name string) bool { return s.backend(name).coordinated() })
	if s.Coordination != "" && !anywhere {
		return fmt.Errorf("coordination is %s, but no backend has the option %s: set it, or remove coordination",
			s.Coordination, coordinationURL)
	}
	if _, both := s.Backends[defaultBackend]; both {
		return fmt.Errorf("backend %s: is that of the options at the top of the file: set another name", defaultBackend)
	}
	if err := sameKeys(topologies); err != nil {
		return err
	}
	if count > mostPlaces {
		return fmt.Errorf("the backends have %d pairs of a pool and a project: allow at most %d", count, mostPlaces)
	}
	for _, at := range s.places {
		for _, group := range s.backend(at.backend).targetGroups() {
			// The credentials are checked by the appliance.
			config, err := s.engine(at, group, credentials{login: "login", password: "password"})
			if err == nil {
				err = config.Validate()
			}
			if err != nil {
				return fmt.Errorf("backend %s: %w", at.backend, err)
			}
		}
	}
	return nil
}

// backendNames returns the names of all backends, sorted.
func (s *settings) backendNames() []string {
	names := slices.Collect(maps.Keys(s.Backends))
	if len(s.Options) > 0 {
		names = append(names, defaultBackend)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// backend returns a backend by name, or nil if there is none.
func (s *settings) backend(name string) *backendSettings {
	if name != defaultBackend {
		return s.Backends[name]
	}
	if len(s.Options) == 0 {
		return nil
	}
	return &backendSettings{Options: s.Options, Pools: s.Pools, Projects: s.Projects,
		TargetGroups: s.TargetGroups, Topology: s.Topology}
}

// pools returns the pools that a class may choose; the first is that of the options.
func (b *backendSettings) pools() []string {
	return withFirst(b.Options["zfssa_pool"], b.Pools)
}

func (b *backendSettings) projects() []string {
	return withFirst(b.Options["zfssa_project"], b.Projects)
}

func (b *backendSettings) targetGroups() []string {
	first := b.Options["zfssa_target_group"]
	if first == "" {
		first = defaultTargetGroup()
	}
	return withFirst(first, slices.Sorted(maps.Keys(b.TargetGroups)))
}

// defaultTargetGroup returns the default of the option zfssa_target_group.
var defaultTargetGroup = sync.OnceValue(func() string {
	for _, option := range zfssa.Options() {
		if option.Name == "zfssa_target_group" {
			return option.Default
		}
	}
	return ""
})

// allows returns whether the settings have the place and the target group of a driver.
func (s *settings) allows(k key) bool {
	return s.places[k.mark()] == k.place && slices.Contains(s.backend(k.backend).targetGroups(), k.targetGroup)
}

func withFirst(first string, further []string) []string {
	all := []string{first}
	for _, one := range further {
		if !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	return all
}

// places returns the places of the backend with the name; the first is that of the options.
func (b *backendSettings) places(name string) []place {
	var all []place
	for _, pool := range b.pools() {
		for _, project := range b.projects() {
			all = append(all, place{name, pool, project})
		}
	}
	return all
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

const registerHosts = "zfssa_register_hosts"

// engine returns the configuration of the engine for a place and a target group, with credentials.
// An empty target group is that of the options.
func (s *settings) engine(at place, targetGroup string, c credentials) (zfssa.Config, error) {
	b := s.backend(at.backend)
	options := map[string]string{"zfssa_enable_local_cache": "false"}
	// A DaemonSet needs no list of its nodes. The built-in group of all hosts excludes registration.
	if b.Options["zfssa_initiator_group"] != "default" {
		options[registerHosts] = "true"
	}
	maps.Copy(options, b.Options)
	set := func(name, value string) {
		if value != "" {
			options[name] = value
		}
	}
	set("zfssa_pool", at.pool)
	set("zfssa_project", at.project)
	set("zfssa_target_group", targetGroup)
	set("zfssa_target_portal", b.TargetGroups[targetGroup].Portal)
	set("zfssa_target_interfaces", b.TargetGroups[targetGroup].Interfaces)
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
	if c.tokenFile != "" {
		options["zfssa_token_file"] = c.tokenFile
	} else {
		options["san_password"] = c.password
	}
	return zfssa.Config{Options: options}, nil
}

// onlineExpansion returns whether published volumes of any backend can be expanded.
func (s *settings) onlineExpansion() bool {
	return slices.ContainsFunc(s.backendNames(), func(name string) bool {
		return strings.EqualFold(s.backend(name).Options["zfssa_online_extend"], "true")
	})
}
