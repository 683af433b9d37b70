// Choice of the backend and the target group of a new volume, by its class and topology.

package main

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A choice is a place in which a new volume can be, and the target group that presents it.
type choice struct {
	place
	targetGroup string
}

// choices returns what a storage class allows, the default first. Without topologies in the
// settings it is one: what the class names, and the defaults for the rest. With topologies, the
// class may leave the backend and the target group to the topology of a call.
func (s *settings) choices(parameters map[string]string) ([]choice, error) {
	names := []string{parameters[parameterBackend]}
	if names[0] == "" && s.hasTopology() {
		names = withFirst(defaultBackend, s.backendNames())
	}
	var all []choice
	var failure error
	for _, name := range names {
		if name != "" && s.backend(name) == nil && len(names) > 1 {
			continue
		}
		class := maps.Clone(parameters)
		if class == nil {
			class = map[string]string{}
		}
		class[parameterBackend] = name
		at, group, err := s.class(class)
		if err != nil {
			if failure == nil {
				failure = err
			}
			continue
		}
		all = append(all, choice{at, group})
		b := s.backend(at.backend)
		for _, other := range b.targetGroups() {
			if parameters[parameterTargetGroup] == "" && other != group &&
				len(b.TargetGroups[other].Topology) > 0 {
				all = append(all, choice{at, other})
			}
		}
	}
	if len(all) == 0 {
		return nil, failure
	}
	return all, nil
}

// reach returns the choices that nodes with a topology reach.
func (s *settings) reach(all []choice, topology segments) []choice {
	return slices.DeleteFunc(slices.Clone(all), func(c choice) bool {
		from := s.backend(c.backend).topology(c.targetGroup)
		reaches := func(t segments) bool { return t.reaches(topology) }
		return len(from) > 0 && !slices.ContainsFunc(from, reaches)
	})
}

// placements returns the choices for a new volume, the preferred one first.
func (s *settings) placements(req *csi.CreateVolumeRequest) ([]choice, error) {
	all, err := s.choices(req.GetParameters())
	if err != nil {
		return nil, err
	}
	// The appliance clones within a project, so the source of a volume chooses.
	at, err := s.sourcePlace(req.GetVolumeContentSource())
	if err != nil {
		return nil, err
	}
	if at != (place{}) && !slices.ContainsFunc(all, func(c choice) bool { return c.place == at }) {
		// The refusal of the source says more than that of a topology.
		return all[:1], nil
	}
	if at != (place{}) {
		all = slices.DeleteFunc(all, func(c choice) bool { return c.place != at })
	}
	need := req.GetAccessibilityRequirements()
	if need == nil || !s.hasTopology() {
		return all[:1], nil
	}
	terms, err := termsOf(need)
	if err != nil {
		return nil, err
	}
	var ordered []choice
	for _, term := range terms {
		for _, c := range s.reach(all, term) {
			if !slices.Contains(ordered, c) {
				ordered = append(ordered, c)
			}
		}
	}
	if len(ordered) == 0 {
		return nil, status.Errorf(codes.ResourceExhausted,
			"accessibility_requirements: no backend of the storage class is accessible from %s: %s: "+
				"choose another class, or change topology in the settings file",
			joined(terms), s.described(all))
	}
	// Credentials of one appliance go to no other.
	if req.GetParameters()[parameterBackend] == "" && len(req.GetSecrets()) > 0 &&
		len(s.backendNames()) > 1 {
		return nil, invalid("secrets: the storage class leaves the backend to the topology, and each " +
			"backend has its own credentials: mount them, or set the parameter backend")
	}
	return ordered, nil
}

// sourcePlace returns the place of the source of a volume; empty if there is no source of this
// driver.
func (s *settings) sourcePlace(source *csi.VolumeContentSource) (place, error) {
	id := source.GetVolume().GetVolumeId()
	if of := source.GetSnapshot(); of != nil {
		id, _, _ = strings.Cut(of.GetSnapshotId(), "@")
	}
	if foreign(id) {
		return place{}, nil
	}
	at, _, err := s.locate(id)
	return at, err
}

// termsOf returns the topologies of a requirement, the preferred ones first.
func termsOf(need *csi.TopologyRequirement) ([]segments, error) {
	if len(need.GetRequisite()) == 0 && len(need.GetPreferred()) == 0 {
		return nil, invalid("accessibility_requirements: requisite and preferred are missing: " +
			"set one of the two")
	}
	is := func(one *csi.Topology) func(*csi.Topology) bool {
		return func(other *csi.Topology) bool {
			return maps.Equal(one.GetSegments(), other.GetSegments())
		}
	}
	var terms []segments
	for _, t := range need.GetPreferred() {
		if len(need.GetRequisite()) > 0 && !slices.ContainsFunc(need.GetRequisite(), is(t)) {
			return nil, invalid("accessibility_requirements: preferred %s is not in requisite: add it there",
				segments(t.GetSegments()))
		}
		terms = append(terms, t.GetSegments())
	}
	for _, t := range need.GetRequisite() {
		terms = append(terms, t.GetSegments())
	}
	return terms, nil
}

// described lists the topologies of choices for an error.
func (s *settings) described(all []choice) string {
	var texts []string
	for _, c := range all {
		texts = append(texts, "target group "+c.targetGroup+" of backend "+c.backend+" from "+
			joined(s.backend(c.backend).topology(c.targetGroup)))
	}
	return strings.Join(texts, "; ")
}

func joined(all []segments) string {
	var texts []string
	for _, t := range all {
		if text := t.String(); !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, " or ")
}

// places returns the places of choices.
func places(all []choice) []place {
	var each []place
	for _, c := range all {
		if !slices.Contains(each, c.place) {
			each = append(each, c.place)
		}
	}
	return each
}

// found returns the choice of an existing volume with a name, as the only one, and all if there is
// no such volume. Repeated calls may prefer another topology, and must not make a second volume. It
// fails if one place does not answer, since that may have the volume.
func (c *controller) found(ctx context.Context, all []choice, name string,
	secrets map[string]string) ([]choice, error) {
	if len(all) < 2 {
		return all, nil
	}
	for _, at := range places(all) {
		volume, err := c.volumeAt(ctx, at, name, secrets)
		if errors.Is(err, zfssa.ErrVolumeNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		in := slices.DeleteFunc(slices.Clone(all), func(c choice) bool { return c.place != at })
		if is := slices.Index(in, choice{at, volume.TargetGroup}); is >= 0 {
			return in[is : is+1], nil
		}
		return in[:1], nil
	}
	return all, nil
}

func (c *controller) volumeAt(ctx context.Context, at place, name string,
	secrets map[string]string) (*zfssa.Volume, error) {
	driver, done, err := c.backends.use(ctx, at, secrets)
	if err != nil {
		return nil, err
	}
	defer done()
	return driver.GetVolume(ctx, zfssa.GetVolumeRequest{Name: name})
}

// noRoom returns whether a creation failed for lack of space, and certainly left nothing that may
// still appear, so that another backend may be tried.
func noRoom(err error) bool {
	var failure *zfssa.Error
	return errors.As(err, &failure) && codeOf(failure) == codes.ResourceExhausted && certain(err)
}
