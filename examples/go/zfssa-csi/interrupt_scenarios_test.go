package main

import (
	"context"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/protobuf/proto"
)

// A scenario is a call that changes the appliance, and the calls around it. The names of its volumes
// and snapshots contain a tag, so that no case meets a late request of an earlier one.
type scenario struct {
	name    string
	options map[string]string
	// Properties of the appliance's objects that are not compared.
	ignored []string
	// A temporary snapshot of the project, if the appliance takes it for a killed process when the same
	// call was made again, stays until the group snapshot is deleted.
	takenOnceMore bool
	calls         func(tag string) calls
}

// calls are those of one case.
type calls struct {
	// What has to be there before the call under test.
	before []step
	call   step
	// The call that takes back what the call under test did, or makes again what that deleted. It is
	// empty where there is no such call.
	opposite step
	// Calls after which nothing is left, whichever of the calls above were made.
	after []step
}

// newNode returns a node without an initiator group: its first publication registers it.
func newNode(tag string) string { return "node-" + tag + ";iqn.2004-10.org.example:node-" + tag }

func controllerPublication(volume, node string) step {
	return step{"publish", func(ctx context.Context, c client) (proto.Message, error) {
		published, err := c.ControllerPublishVolume(ctx, &csi.ControllerPublishVolumeRequest{VolumeId: volume, NodeId: node, VolumeCapability: writer})
		if err == nil {
			// Each LUN has a GUID of its own.
			delete(published.PublishContext, keyGUID)
		}
		return published, err
	}}
}

func controllerUnpublication(volume, node string) step {
	return step{"unpublish", func(ctx context.Context, c client) (proto.Message, error) {
		return c.ControllerUnpublishVolume(ctx, &csi.ControllerUnpublishVolumeRequest{VolumeId: volume, NodeId: node})
	}}
}

func expansion(volume string, gibs int64) step {
	return step{"expand", func(ctx context.Context, c client) (proto.Message, error) {
		return c.ControllerExpandVolume(ctx, &csi.ControllerExpandVolumeRequest{VolumeId: volume, CapacityRange: &csi.CapacityRange{RequiredBytes: gibs * gib}})
	}}
}

func modification(volume string, parameters map[string]string) step {
	return step{"modify", func(ctx context.Context, c client) (proto.Message, error) {
		return c.ControllerModifyVolume(ctx, &csi.ControllerModifyVolumeRequest{VolumeId: volume, MutableParameters: parameters})
	}}
}

func snapshotCreation(volume, name string) step {
	return step{"create the snapshot", func(ctx context.Context, c client) (proto.Message, error) {
		made, err := c.CreateSnapshot(ctx, &csi.CreateSnapshotRequest{Name: name, SourceVolumeId: volume})
		if err == nil {
			// A controller that was started since does not know the size.
			made.Snapshot.CreationTime, made.Snapshot.SizeBytes = nil, 0
		}
		return made, err
	}}
}

func snapshotDeletion(volume, name string) step {
	return step{"delete the snapshot", func(ctx context.Context, c client) (proto.Message, error) {
		return c.DeleteSnapshot(ctx, &csi.DeleteSnapshotRequest{SnapshotId: snapshotID(volume, objectName(name))})
	}}
}

func groupSnapshotCreation(name string, volumes ...string) step {
	return step{"create the group snapshot", func(ctx context.Context, c client) (proto.Message, error) {
		made, err := c.CreateVolumeGroupSnapshot(ctx, &csi.CreateVolumeGroupSnapshotRequest{Name: name, SourceVolumeIds: volumes})
		if err == nil {
			made.GroupSnapshot.CreationTime = nil
			for _, member := range made.GroupSnapshot.Snapshots {
				member.CreationTime, member.SizeBytes = nil, 0
			}
		}
		return made, err
	}}
}

func groupSnapshotDeletion(name string) step {
	return step{"delete the group snapshot", func(ctx context.Context, c client) (proto.Message, error) {
		return c.DeleteVolumeGroupSnapshot(ctx, &csi.DeleteVolumeGroupSnapshotRequest{GroupSnapshotId: groupName(name)})
	}}
}

// groupOf returns the name of the group snapshot of a case.
func groupOf(tag string) string { return "g-" + tag }

var deferring = map[string]string{"zfssa_delete_with_clones": "defer"}

// scenarios are every controller call that changes something, each with its opposite.
func scenarios() []scenario {
	// The usual names of a case.
	names := func(tag string) (v, w, s string) { return "v-" + tag, "w-" + tag, "s-" + tag }
	return []scenario{
		{name: "CreateVolume", calls: func(tag string) calls {
			v, _, _ := names(tag)
			return calls{call: creation(request(v, 1)), opposite: deletion(prefix + v), after: []step{deletion(prefix + v)}}
		}},
		{name: "CreateVolume from a snapshot", calls: func(tag string) calls {
			v, w, s := names(tag)
			return calls{before: []step{creation(request(v, 1)), snapshotCreation(prefix+v, s)},
				call: creation(fromSnapshot(w, 3, snapshotID(prefix+v, prefix+s))), opposite: deletion(prefix + w),
				after: []step{deletion(prefix + w), snapshotDeletion(prefix+v, s), deletion(prefix + v)}}
		}},
		{name: "CreateVolume from a volume", calls: func(tag string) calls {
			v, w, _ := names(tag)
			return calls{before: []step{creation(request(v, 1))},
				call: creation(fromVolume(w, 3, prefix+v)), opposite: deletion(prefix + w),
				after: []step{deletion(prefix + w), deletion(prefix + v)}}
		}},
		{name: "DeleteVolume", calls: func(tag string) calls {
			v, _, _ := names(tag)
			return calls{before: []step{creation(request(v, 1))}, call: deletion(prefix + v), opposite: creation(request(v, 1)),
				after: []step{deletion(prefix + v)}}
		}},
		// A clone is protected from destruction until its deletion begins. Made again after a deletion that
		// did not take place, it is unprotected.
		{name: "DeleteVolume of a clone", ignored: []string{"nodestroy"}, calls: func(tag string) calls {
			v, w, _ := names(tag)
			clone := creation(fromVolume(w, 1, prefix+v))
			return calls{before: []step{creation(request(v, 1)), clone}, call: deletion(prefix + w), opposite: clone,
				after: []step{deletion(prefix + w), deletion(prefix + v)}}
		}},
		{name: "DeleteVolume, deferred", options: deferring, calls: func(tag string) calls {
			v, w, _ := names(tag)
			return calls{before: []step{creation(request(v, 1)), creation(fromVolume(w, 1, prefix+v))},
				call: deletion(prefix + v), opposite: creation(request(v, 1)),
				after: []step{deletion(prefix + v), deletion(prefix + w)}}
		}},
		{name: "DeleteVolume of the last clone", options: deferring, calls: func(tag string) calls {
			v, w, _ := names(tag)
			return calls{before: []step{creation(request(v, 1)), creation(fromVolume(w, 1, prefix+v)), deletion(prefix + v)},
				call: deletion(prefix + w), after: []step{deletion(prefix + w)}}
		}},
		{name: "ControllerPublishVolume", calls: func(tag string) calls {
			v, _, _ := names(tag)
			return calls{before: []step{creation(request(v, 1))}, call: controllerPublication(prefix+v, nodeA), opposite: controllerUnpublication(prefix+v, nodeA),
				after: []step{controllerUnpublication(prefix+v, nodeA), deletion(prefix + v)}}
		}},
		// The initiator of a node may stay registered without a group, until the node's last volume goes.
		{name: "ControllerPublishVolume to a new node", options: unregistering, ignored: []string{"initiators"}, calls: func(tag string) calls {
			v, _, _ := names(tag)
			return calls{before: []step{creation(request(v, 1))}, call: controllerPublication(prefix+v, newNode(tag)), opposite: controllerUnpublication(prefix+v, newNode(tag)),
				after: []step{controllerUnpublication(prefix+v, newNode(tag)), deletion(prefix + v)}}
		}},
		{name: "ControllerUnpublishVolume", calls: func(tag string) calls {
			v, _, _ := names(tag)
			return calls{before: []step{creation(request(v, 1)), controllerPublication(prefix+v, nodeA)},
				call: controllerUnpublication(prefix+v, nodeA), opposite: controllerPublication(prefix+v, nodeA),
				after: []step{controllerUnpublication(prefix+v, nodeA), deletion(prefix + v)}}
		}},
		// So may both, which the node's next volume uses again.
		{name: "ControllerUnpublishVolume, the last of a node", options: unregistering, ignored: []string{"initiators", "initiator_groups"}, calls: func(tag string) calls {
			v, _, _ := names(tag)
			return calls{before: []step{creation(request(v, 1)), controllerPublication(prefix+v, newNode(tag))},
				call: controllerUnpublication(prefix+v, newNode(tag)), opposite: controllerPublication(prefix+v, newNode(tag)),
				after: []step{controllerUnpublication(prefix+v, newNode(tag)), deletion(prefix + v)}}
		}},
		{name: "ControllerExpandVolume", calls: func(tag string) calls {
			v, _, _ := names(tag)
			return calls{before: []step{creation(request(v, 1))}, call: expansion(prefix+v, 2), opposite: deletion(prefix + v),
				after: []step{deletion(prefix + v)}}
		}},
		{name: "ControllerModifyVolume", calls: func(tag string) calls {
			v, _, _ := names(tag)
			return calls{before: []step{creation(request(v, 1)), modification(prefix+v, map[string]string{"compression": "gzip", "logbias": "latency"})},
				call:     modification(prefix+v, map[string]string{"compression": "lzjb", "logbias": "throughput"}),
				opposite: modification(prefix+v, map[string]string{"compression": "gzip", "logbias": "latency"}),
				after:    []step{deletion(prefix + v)}}
		}},
		{name: "CreateSnapshot", calls: func(tag string) calls {
			v, _, s := names(tag)
			return calls{before: []step{creation(request(v, 1))}, call: snapshotCreation(prefix+v, s), opposite: snapshotDeletion(prefix+v, s),
				after: []step{snapshotDeletion(prefix+v, s), deletion(prefix + v)}}
		}},
		{name: "DeleteSnapshot", calls: func(tag string) calls {
			v, _, s := names(tag)
			return calls{before: []step{creation(request(v, 1)), snapshotCreation(prefix+v, s)},
				call: snapshotDeletion(prefix+v, s), opposite: snapshotCreation(prefix+v, s),
				after: []step{snapshotDeletion(prefix+v, s), deletion(prefix + v)}}
		}},
		{name: "DeleteSnapshot, deferred", options: deferring, calls: func(tag string) calls {
			v, w, s := names(tag)
			return calls{before: []step{creation(request(v, 1)), snapshotCreation(prefix+v, s), creation(fromSnapshot(w, 1, snapshotID(prefix+v, prefix+s)))},
				call: snapshotDeletion(prefix+v, s), opposite: snapshotCreation(prefix+v, s),
				after: []step{snapshotDeletion(prefix+v, s), deletion(prefix + w), deletion(prefix + v)}}
		}},
		{name: "CreateVolumeGroupSnapshot", takenOnceMore: true, calls: func(tag string) calls {
			v, w, _ := names(tag)
			return calls{before: []step{creation(request(v, 1)), creation(request(w, 1))},
				call: groupSnapshotCreation(groupOf(tag), prefix+v, prefix+w), opposite: groupSnapshotDeletion(groupOf(tag)),
				after: []step{groupSnapshotDeletion(groupOf(tag)), deletion(prefix + v), deletion(prefix + w)}}
		}},
		// A deletion that took place in part cannot be taken back: a new snapshot is of another instant.
		{name: "DeleteVolumeGroupSnapshot", calls: func(tag string) calls {
			v, w, _ := names(tag)
			made := groupSnapshotCreation(groupOf(tag), prefix+v, prefix+w)
			return calls{before: []step{creation(request(v, 1)), creation(request(w, 1)), made},
				call:  groupSnapshotDeletion(groupOf(tag)),
				after: []step{groupSnapshotDeletion(groupOf(tag)), deletion(prefix + v), deletion(prefix + w)}}
		}},
	}
}

var unregistering = map[string]string{"zfssa_unregister_hosts": "true"}
