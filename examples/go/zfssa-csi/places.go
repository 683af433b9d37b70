// Places of volumes: backend, pool and project, in storage classes and in ids.

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A place is a project of a pool on the appliance of a backend.
type place struct{ backend, pool, project string }

func (at place) String() string {
	return fmt.Sprintf("pool %s, project %s of backend %s", at.pool, at.project, at.backend)
}

// The id of a volume is its name on the appliance if it is in the default place, which is that of
// the options at the top of the settings file: every id had this form before there were others. In
// any other place the id is
//
//	BACKEND.DIGEST.NAME
//
// with a digest of pool and project, because their names may be too long for the 128 bytes of an
// id. A backend has at most 14 characters and a digest 10, so that a snapshot id, which has two
// names of up to 50, fits. No name contains a slash or begins with a dot, so an id can be the name
// of a file.
const digestLength = 10

var digest = regexp.MustCompile(fmt.Sprintf("^[0-9a-f]{%d}$", digestLength))

// mark returns the beginning of the ids of a place.
func (at place) mark() string {
	sum := sha256.Sum256([]byte(at.pool + "\x00" + at.project))
	return at.backend + "." + hex.EncodeToString(sum[:])[:digestLength] + "."
}

// id returns the id of the object with a name in a place.
func (s *settings) id(at place, name string) string {
	if at == s.home(defaultBackend) {
		return name
	}
	return at.mark() + name
}

// home returns the place of the options of a backend.
func (s *settings) home(backend string) place {
	b := s.backend(backend)
	if b == nil {
		return place{}
	}
	return b.places(backend)[0]
}

// locate returns the place and the name of the object with an id. The name of a foreign id is not
// one of ours. The error is FailedPrecondition if the settings file no longer allows the place: a
// caller must not take the object for absent.
func (s *settings) locate(id string) (place, string, error) {
	mark, name := splitID(id)
	switch {
	case mark != "":
		at, known := s.places[mark]
		if !known {
			return place{}, "", status.Errorf(codes.FailedPrecondition,
				"%s: backend %s with its pool and project is not in the settings file: add it again",
				id, strings.SplitN(mark, ".", 2)[0])
		}
		return at, name, nil
	case ours(name) && s.backend(defaultBackend) == nil:
		return place{}, "", status.Errorf(codes.FailedPrecondition,
			"%s: is in the default backend: set options at the top of the settings file", id)
	}
	return s.home(defaultBackend), name, nil
}

// locateSnapshot returns the place, the volume and the name of the snapshot with an id; ok is false
// for a foreign id.
func (s *settings) locateSnapshot(id string) (at place, volume, snapshot string, ok bool, err error) {
	volume, snapshot, ok = strings.Cut(id, "@")
	if !ok {
		return at, volume, snapshot, false, nil
	}
	at, volume, err = s.locate(volume)
	return at, volume, snapshot, ours(volume) && ours(snapshot), err
}

// splitID splits an id into the mark of its place, which may be empty, and a name.
func splitID(id string) (mark, name string) {
	parts := strings.SplitN(id, ".", 3)
	if len(parts) < 3 || strings.HasPrefix(parts[0], prefix) ||
		!backendName.MatchString(parts[0]) || !digest.MatchString(parts[1]) {
		return "", id
	}
	return parts[0] + "." + parts[1] + ".", parts[2]
}

// foreign returns whether this driver cannot have created an object with the id. It treats such an
// object as not existing.
func foreign(id string) bool {
	_, name := splitID(id)
	return !ours(name)
}

// Parameters of a storage class that choose the place and the target group of its volumes.
const (
	parameterBackend     = "backend"
	parameterPool        = "pool"
	parameterProject     = "project"
	parameterTargetGroup = "targetGroup"
)

var placeParameters = []string{parameterBackend, parameterPool, parameterProject, parameterTargetGroup}

// class returns the place and the target group that the parameters of a storage class choose. It
// refuses all that the settings file does not allow. A class that chooses nothing gets what the
// options name.
func (s *settings) class(parameters map[string]string) (place, string, error) {
	name := parameters[parameterBackend]
	if name == "" {
		name = defaultBackend
	}
	b := s.backend(name)
	if b == nil {
		return place{}, "", invalid("parameter %s is %q: not in the settings file: choose one of %s",
			parameterBackend, name, strings.Join(s.backendNames(), ", "))
	}
	pool, err := chosen(parameters, parameterPool, name, b.pools())
	if err != nil {
		return place{}, "", err
	}
	project, err := chosen(parameters, parameterProject, name, b.projects())
	if err != nil {
		return place{}, "", err
	}
	group, err := chosen(parameters, parameterTargetGroup, name, b.targetGroups())
	return place{name, pool, project}, group, err
}

// chosen returns the value of a parameter if it is allowed, and the first allowed value if the
// parameter is not set.
func chosen(parameters map[string]string, name, backend string, allowed []string) (string, error) {
	value := parameters[name]
	if value == "" {
		return allowed[0], nil
	}
	if !slices.Contains(allowed, value) {
		return "", invalid("parameter %s is %q: backend %s does not allow it: choose one of %s, or add it to %ss in the settings file",
			name, value, backend, strings.Join(allowed, ", "), name)
	}
	return value, nil
}

// withoutPlace returns the parameters that do not choose the place.
func withoutPlace(parameters map[string]string) map[string]string {
	rest := maps.Clone(parameters)
	for _, name := range placeParameters {
		delete(rest, name)
	}
	return rest
}
