// Access modes of the publications of a volume on a node.

package main

import (
	"maps"
	"slices"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A publication is how a volume is published at a path.
type publication struct {
	ReadOnly bool `json:"readOnly,omitempty"`
	// Sole is set if the access mode allows no other publication on the node.
	Sole bool `json:"sole,omitempty"`
}

func publicationOf(req *csi.NodePublishVolumeRequest) publication {
	c := req.GetVolumeCapability()
	return publication{ReadOnly: req.GetReadonly() || readerOnly(c), Sole: sole(c)}
}

// sole returns whether an access mode is of one publication. That of SINGLE_NODE_WRITER is not,
// although CSI recommends it: an orchestrator that does not know SINGLE_NODE_MULTI_WRITER, such as
// Kubernetes before 1.27, uses it for several workloads of one node, which share the volume there.
func sole(c *csi.VolumeCapability) bool {
	switch c.GetAccessMode().GetMode() {
	case csi.VolumeCapability_AccessMode_SINGLE_NODE_SINGLE_WRITER,
		csi.VolumeCapability_AccessMode_SINGLE_NODE_READER_ONLY:
		return true
	}
	return false
}

// admit adds a publication to the record. It refuses one that CSI forbids beside those that exist,
// or that differs from how the volume is staged.
func (s *staged) admit(target string, p publication, capability *csi.VolumeCapability,
	published func(string) bool) error {
	if (s.Filesystem == nil) != (capability.GetMount() == nil) {
		return invalid("volume_capability: volume %s is staged with another access type: "+
			"unstage it first", s.VolumeID)
	}
	if f := filesystemOf(capability); f != nil && f.Type != s.Filesystem.Type {
		return status.Errorf(codes.FailedPrecondition,
			"volume %s: staged with fs_type %s, and published with %s: unstage it first",
			s.VolumeID, s.Filesystem.Type, f.Type)
	}
	if s.Filesystem != nil && s.Filesystem.ReadOnly && !p.ReadOnly {
		return status.Errorf(codes.FailedPrecondition,
			"volume %s: staged with an access mode without a writer: unstage it first", s.VolumeID)
	}
	kept := map[string]publication{target: p}
	for _, path := range s.Targets {
		// Records of former drivers have the path alone.
		has, known := s.Publications[path]
		switch {
		case !published(path):
			continue
		case path == target && known && has.ReadOnly != p.ReadOnly:
			return status.Errorf(codes.AlreadyExists,
				"volume %s: already published at %s with readonly %v: unpublish it first",
				s.VolumeID, path, has.ReadOnly)
		case path != target && (p.Sole || has.Sole):
			return status.Errorf(codes.FailedPrecondition,
				"volume %s: already published at %s, and the access mode allows one publication: "+
					"unpublish it there first", s.VolumeID, path)
		}
		if path != target {
			kept[path] = has
		}
	}
	s.Publications = kept
	s.Targets = slices.Sorted(maps.Keys(kept))
	return nil
}
