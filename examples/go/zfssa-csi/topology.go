// Topology: segments of nodes and backends, and their form in settings and on the command line.

package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/container-storage-interface/spec/lib/go/csi"
)

// Segments are a topology of CSI: values by key, such as a zone and a rack. Those of a node are
// where it is. Those of a backend or a target group name nodes that reach it: all that have these
// values.
type segments map[string]string

// A key without a prefix gets the driver's name as its prefix, as CSI recommends: Kubernetes makes
// labels of nodes of the keys, and other drivers may have a zone of their own.
func qualified(key string) string {
	if strings.Contains(key, "/") {
		return key
	}
	return driverName + "/" + key
}

// The forms that CSI's message Topology requires. They are those of Kubernetes' labels.
var (
	topologyPrefix = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$`)
	topologyValue  = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$`)
)

// normal returns the segments with qualified keys.
func (t segments) normal() (segments, error) {
	all := segments{}
	for key, value := range t {
		prefix, name, _ := strings.Cut(qualified(key), "/")
		if !topologyPrefix.MatchString(prefix) || !topologyValue.MatchString(name) {
			return nil, fmt.Errorf("topology key %q: set NAME or PREFIX/NAME, a name of 1 to 63 "+
				"letters, digits, '-', '_' and '.', and a prefix in the form of a domain", key)
		}
		if !topologyValue.MatchString(value) {
			return nil, fmt.Errorf("topology key %s is %q: set 1 to 63 letters, digits, '-', '_' and '.'",
				key, value)
		}
		if _, twice := all.value(qualified(key)); twice {
			return nil, fmt.Errorf("topology key %s: is set twice: upper and lower case are the same", key)
		}
		all[qualified(key)] = value
	}
	return all, nil
}

// value returns the value of a key. CSI compares keys without regard to case.
func (t segments) value(key string) (string, bool) {
	for has, value := range t {
		if strings.EqualFold(has, key) {
			return value, true
		}
	}
	return "", false
}

func (t segments) String() string {
	var all []string
	for _, key := range slices.Sorted(maps.Keys(t)) {
		all = append(all, key+"="+t[key])
	}
	return strings.Join(all, ",")
}

// reaches returns whether nodes with the topology of a call reach a backend with these segments.
// The topology of a node has a value for each key. One that names some of the keys only, as the
// allowedTopologies of a storage class may, is met if nodes of it can have the other values.
func (t segments) reaches(topology segments) bool {
	common := 0
	for key, value := range t {
		switch other, known := topology.value(key); {
		case known && other != value:
			return false
		case known:
			common++
		}
	}
	return common > 0
}

// sameKeys refuses keys that CSI forbids beside each other: with different prefixes, or different
// in case only.
func sameKeys(all []segments) error {
	var first string
	written := map[string]string{}
	for _, t := range all {
		for _, key := range slices.Sorted(maps.Keys(t)) {
			prefix, _, _ := strings.Cut(key, "/")
			if before, _, _ := strings.Cut(first, "/"); first != "" && before != prefix {
				return fmt.Errorf("topology keys %s and %s: set the same prefix for all", first, key)
			}
			if has, known := written[strings.ToLower(key)]; known && has != key {
				return fmt.Errorf("topology keys %s and %s: write them in the same way", has, key)
			}
			first, written[strings.ToLower(key)] = key, key
		}
	}
	return nil
}

// parseTopology parses the topology of a node: KEY=VALUE,... It is empty for an empty text.
func parseTopology(text string) (segments, error) {
	if text == "" {
		return nil, nil
	}
	t := segments{}
	for _, pair := range strings.Split(text, ",") {
		key, value, ok := strings.Cut(pair, "=")
		if _, twice := t[key]; !ok || twice {
			return nil, fmt.Errorf("-topology %q: set KEY=VALUE,... with each key once", text)
		}
		t[key] = value
	}
	t, err := t.normal()
	if err == nil {
		err = sameKeys([]segments{t})
	}
	if err != nil {
		return nil, fmt.Errorf("-topology %q: %w", text, err)
	}
	return t, nil
}

// accessible converts topologies to those of CSI.
func accessible(all []segments) []*csi.Topology {
	var converted []*csi.Topology
	for _, t := range all {
		converted = append(converted, &csi.Topology{Segments: t})
	}
	return converted
}

// checkTopology qualifies the keys of the topologies of a backend, which share the memory of the
// settings, and returns them all.
func (b *backendSettings) checkTopology() ([]segments, error) {
	lists := [][]segments{b.Topology}
	for _, name := range slices.Sorted(maps.Keys(b.TargetGroups)) {
		lists = append(lists, b.TargetGroups[name].Topology)
	}
	var all []segments
	for _, list := range lists {
		for i, t := range list {
			if len(t) == 0 {
				return nil, fmt.Errorf("topology: has an entry without a key: set KEY: VALUE, or remove it")
			}
			normal, err := t.normal()
			if err != nil {
				return nil, err
			}
			list[i] = normal
		}
		all = append(all, list...)
	}
	return all, nil
}

// topology returns the topologies from which volumes of a target group are accessible; none if they
// are accessible from every node.
func (b *backendSettings) topology(targetGroup string) []segments {
	if own := b.TargetGroups[targetGroup].Topology; len(own) > 0 {
		return own
	}
	return b.Topology
}

// hasTopology returns whether not every node reaches every backend.
func (s *settings) hasTopology() bool {
	return slices.ContainsFunc(s.backendNames(), func(name string) bool {
		b := s.backend(name)
		return slices.ContainsFunc(b.targetGroups(), func(group string) bool {
			return len(b.topology(group)) > 0
		})
	})
}
