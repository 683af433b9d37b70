// Sizes of snapshots, which the appliance does not show.

package main

import (
	"context"
	"slices"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
	"k8s.io/utils/lru"
)

// The size of a snapshot is that of its volume when it was taken, and the least size of a volume
// that is made from it. The appliance shows the current size of the volume only, which may have
// grown since. So the driver knows the size of a snapshot if its volume had the same size before
// and after: a volume never shrinks. The size of any other snapshot is unknown, which CSI allows; a
// wrong one would refuse volumes or promise too small ones.
//
// snapshotSizes remembers what this process has seen. After a restart, and in another controller,
// the sizes are unknown; an orchestrator keeps the one that CreateSnapshot returned.
type snapshotSizes struct {
	// Volumes that were seen before their snapshot existed, by snapshotKey: a call whose answer was
	// lost, or that failed, is repeated.
	before *lru.Cache
	// Sizes in bytes, by takenSnapshot.
	known *lru.Cache
}

// rememberedSizes is the number of snapshots that are remembered, of some hundred bytes each.
const rememberedSizes = 16384

func newSnapshotSizes() snapshotSizes {
	return snapshotSizes{before: lru.New(rememberedSizes), known: lru.New(rememberedSizes)}
}

type snapshotKey struct {
	at               place
	volume, snapshot string
}

// A takenSnapshot is a snapshot and the time of its creation: a name may be used again.
type takenSnapshot struct {
	snapshotKey
	createdAt string
}

// A seenSize is the size of a LUN in bytes.
type seenSize struct {
	guid  string
	bytes uint64
}

func seen(v *zfssa.Volume) seenSize { return seenSize{v.GUID, v.SizeBytes} }

// absent notes the size of a volume that was read before a list of snapshots that lacks this one.
func (s *snapshotSizes) absent(of snapshotKey, volume *zfssa.Volume) {
	s.before.Add(of, seen(volume))
}

// wasAbsent returns whether absent was called for a snapshot whose size is not known yet.
func (s *snapshotSizes) wasAbsent(of snapshotKey) bool {
	_, known := s.before.Get(of)
	return known
}

// taken notes the size of a volume that was read after its snapshot was taken.
func (s *snapshotSizes) taken(of snapshotKey, createdAt string, volume *zfssa.Volume) {
	if before, known := s.before.Get(of); known && before == seen(volume) {
		s.known.Add(takenSnapshot{of, createdAt}, volume.SizeBytes)
		s.before.Remove(of)
	}
}

// size returns the size of a snapshot in bytes, and 0 if it is unknown.
func (s *snapshotSizes) size(of snapshotKey, createdAt string) int64 {
	if bytes, known := s.known.Get(takenSnapshot{of, createdAt}); known {
		return int64(bytes.(uint64))
	}
	return 0
}

// noteTaken notes the size of the volume of a snapshot that exists now. It asks for nothing if the
// size cannot be found out. The snapshot exists even if the volume cannot be read, so it returns no
// error, and the size stays unknown.
func (c *controller) noteTaken(ctx context.Context, in *located, snapshot *zfssa.Snapshot) {
	of := snapshotKey{in.at, snapshot.Volume, snapshot.Name}
	if !c.sizes.wasAbsent(of) {
		return
	}
	volume, err := in.driver.GetVolume(ctx, zfssa.GetVolumeRequest{Name: snapshot.Volume})
	if err == nil {
		c.sizes.taken(of, snapshot.CreatedAt, volume)
	}
}

// noteAllTaken does for a group snapshot what noteTaken does, with one request.
func (c *controller) noteAllTaken(ctx context.Context, in *located, members []*zfssa.Snapshot) {
	key := func(s *zfssa.Snapshot) snapshotKey { return snapshotKey{in.at, s.Volume, s.Name} }
	absent := func(s *zfssa.Snapshot) bool { return c.sizes.wasAbsent(key(s)) }
	if !slices.ContainsFunc(members, absent) {
		return
	}
	after, err := c.allVolumes(ctx, in.driver)
	if err != nil {
		return
	}
	for _, member := range members {
		if volume := after[member.Volume]; volume != nil {
			c.sizes.taken(key(member), member.CreatedAt, volume)
		}
	}
}

// allVolumes returns the volumes of a place by name, with one request.
func (c *controller) allVolumes(ctx context.Context,
	driver *zfssa.Driver) (map[string]*zfssa.Volume, error) {
	found, err := driver.ListVolumes(ctx, zfssa.ListVolumesRequest{Prefix: prefix})
	if err != nil {
		return nil, grpcError(err)
	}
	all := map[string]*zfssa.Volume{}
	for _, volume := range found.Volumes {
		all[volume.Name] = volume
	}
	return all, nil
}
