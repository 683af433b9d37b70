// Code generated from docs/abi/zfssa.json by internal/gen; DO NOT EDIT.

package zfssa

/*
#include "zfssa.h"
*/
import "C"

import (
	"context"
	"time"
	"unsafe"
)

var _ time.Duration

// EchoRequest holds the arguments of [Driver.Echo].
type EchoRequest struct {
	// Returned unchanged: UTF-8 of up to 1,048,576 bytes. Empty: an empty text.
	Message string `json:"message,omitempty"`
	// Duration of the operation, rounded up to milliseconds.
	Delay time.Duration `json:"-"`
	// Status to fail with; 0 to succeed.
	FailWith Status `json:"fail_with,omitempty"`
}

// Echo waits, then returns its message. Does not access the appliance; for tests of hosts and
// bindings.
func (d *Driver) Echo(ctx context.Context, req EchoRequest) (*EchoReply, error) {
	a := newArena()
	var args C.zfssa_echo_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.message = a.text("message", req.Message)
	args.delay_ms = C.uint64_t(milliseconds(req.Delay))
	args.fail_with = C.zfssa_status_t(req.FailWith)
	var out *EchoReply
	err := d.run(ctx, "echo", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_echo(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_echo(result); v != nil {
				out = echoReplyOf(v)
			}
		})
	return out, err
}

// GetCertificate fetches the certificate of the appliance without trusting it and without a
// login, so that an operator can compare and pin it.
func (d *Driver) GetCertificate(ctx context.Context) (*Certificate, error) {
	a := newArena()
	var args C.zfssa_get_certificate_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	var out *Certificate
	err := d.run(ctx, "get_certificate", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_get_certificate(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_certificate(result); v != nil {
				out = certificateOf(v)
			}
		})
	return out, err
}

// CheckForSetupError checks everything that operations need. The message of [ErrSetupIncomplete]
// lists every finding, and so does that of any other error as far as the check came.
//
// A portal that this host cannot reach within 3 seconds, and an interface on which the target
// does not listen, are only warnings: other hosts may reach the target.
func (d *Driver) CheckForSetupError(ctx context.Context) (*CheckReport, error) {
	a := newArena()
	var args C.zfssa_check_for_setup_error_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	var out *CheckReport
	err := d.run(ctx, "check_for_setup_error", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_check_for_setup_error(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_check_report(result); v != nil {
				out = checkReportOf(v)
			}
		})
	return out, err
}

// DoSetup creates the missing objects of the backend: projects, custom properties, initiators,
// initiator groups, the target and its group. Existing objects are extended, never replaced.
//
// A failure is not rolled back: the error names the objects created or changed so far
// ([OutcomePartial], or [OutcomeUnknown] if a change is in doubt), and a repeated call continues
// from there. CHAP secrets cannot be read back, so each call sets them.
func (d *Driver) DoSetup(ctx context.Context) (*SetupReport, error) {
	a := newArena()
	var args C.zfssa_do_setup_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	var out *SetupReport
	err := d.run(ctx, "do_setup", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_do_setup(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_setup_report(result); v != nil {
				out = setupReportOf(v)
			}
		})
	return out, err
}

// GetVolumeStats returns the capacity and the capabilities of the backend.
func (d *Driver) GetVolumeStats(ctx context.Context) (*VolumeStats, error) {
	a := newArena()
	var args C.zfssa_get_volume_stats_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	var out *VolumeStats
	err := d.run(ctx, "get_volume_stats", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_get_volume_stats(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_volume_stats(result); v != nil {
				out = volumeStatsOf(v)
			}
		})
	return out, err
}

// CreateVolumeRequest holds the arguments of [Driver.CreateVolume].
type CreateVolumeRequest struct {
	// Name of the LUN, such as volume-<uuid>; required.
	Name string `json:"name,omitempty"`
	// Size in GiB, at least 1.
	SizeGiB uint64 `json:"size_gib,omitempty"`
	// Extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of other
	// scopes are ignored.
	ExtraSpecs map[string]string `json:"extra_specs,omitempty"`
}

// CreateVolume creates a volume: a LUN that is presented to no host.
//
// May be repeated: an existing volume of this name, size and type is returned with Created false.
// An existing volume that differs fails with [ErrVolumeExists].
func (d *Driver) CreateVolume(ctx context.Context, req CreateVolumeRequest) (*Volume, error) {
	a := newArena()
	var args C.zfssa_create_volume_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.name = a.text("name", req.Name)
	args.size_gib = C.uint64_t(req.SizeGiB)
	args.extra_specs, args.extra_specs_count = a.pairs("extra_specs", req.ExtraSpecs)
	var out *Volume
	err := d.run(ctx, "create_volume", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_create_volume(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_volume(result); v != nil {
				out = volumeOf(v)
			}
		})
	return out, err
}

// DeleteVolumeRequest holds the arguments of [Driver.DeleteVolume].
type DeleteVolumeRequest struct {
	// Name of the LUN, such as volume-<uuid>; required.
	Name string `json:"name,omitempty"`
}

// DeleteVolume deletes a volume. Succeeds if the volume does not exist. A volume with snapshots
// or clones is not changed and fails with [ErrVolumeBusy]: deletion never cascades. Snapshots
// that the appliance took for a schedule or for replication are deleted with the volume, and so
// is the temporary snapshot from which a clone was created; if a deletion was interrupted between
// the two and journals are not kept, repeat the call.
//
// With the extra spec zfssa:delete_with_clones of its type set to defer, or without that spec the
// option zfssa_delete_with_clones, a volume with clones and without snapshots of the host is
// deleted for the host at once: it is in no list and presented to no host, and its name is free.
// On the appliance it has a reserved name and is deleted with its last clone, by the call that
// deletes that one. A failure there does not fail that call: [Driver.Audit] finds the volume. If
// a call for the last clone was interrupted and journals are not kept, repeat it; that deletes
// every deferred object that no clone needs. A volume that migrates fails with [ErrVolumeBusy].
func (d *Driver) DeleteVolume(ctx context.Context, req DeleteVolumeRequest) (*DeleteReport, error) {
	a := newArena()
	var args C.zfssa_delete_volume_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.name = a.text("name", req.Name)
	var out *DeleteReport
	err := d.run(ctx, "delete_volume", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_delete_volume(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_delete_report(result); v != nil {
				out = deleteReportOf(v)
			}
		})
	return out, err
}

// ExtendVolumeRequest holds the arguments of [Driver.ExtendVolume].
type ExtendVolumeRequest struct {
	// Name of the LUN, such as volume-<uuid>; required.
	Name string `json:"name,omitempty"`
	// New size in GiB, at least 1.
	SizeGiB uint64 `json:"size_gib,omitempty"`
}

// ExtendVolume extends a volume. A volume of this size or larger is not changed: volumes never
// shrink.
func (d *Driver) ExtendVolume(ctx context.Context, req ExtendVolumeRequest) (*Volume, error) {
	a := newArena()
	var args C.zfssa_extend_volume_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.name = a.text("name", req.Name)
	args.size_gib = C.uint64_t(req.SizeGiB)
	var out *Volume
	err := d.run(ctx, "extend_volume", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_extend_volume(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_volume(result); v != nil {
				out = volumeOf(v)
			}
		})
	return out, err
}

// GetVolumeRequest holds the arguments of [Driver.GetVolume].
type GetVolumeRequest struct {
	// Name of the LUN, such as volume-<uuid>; required.
	Name string `json:"name,omitempty"`
}

// GetVolume returns one volume.
func (d *Driver) GetVolume(ctx context.Context, req GetVolumeRequest) (*Volume, error) {
	a := newArena()
	var args C.zfssa_get_volume_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.name = a.text("name", req.Name)
	var out *Volume
	err := d.run(ctx, "get_volume", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_get_volume(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_volume(result); v != nil {
				out = volumeOf(v)
			}
		})
	return out, err
}

// ListVolumesRequest holds the arguments of [Driver.ListVolumes].
type ListVolumesRequest struct {
	// Prefix of the names to list; empty: all volumes.
	Prefix string `json:"prefix,omitempty"`
	// NextMarker of the page before; empty: from the beginning.
	Marker string `json:"marker,omitempty"`
	// Maximum number of volumes; 0: no limit.
	Limit uint32 `json:"limit,omitempty"`
}

// ListVolumes lists the volumes of the backend's project, ordered by name.
//
// With Limit, the list comes in pages. The appliance has no pages: the first call reads its list,
// and a page that is requested within 60 s after the one before comes from there. A later one is
// read again and begins after the marker.
func (d *Driver) ListVolumes(ctx context.Context, req ListVolumesRequest) (*Volumes, error) {
	a := newArena()
	var args C.zfssa_list_volumes_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.prefix = a.text("prefix", req.Prefix)
	args.marker = a.text("marker", req.Marker)
	args.limit = C.uint32_t(req.Limit)
	var out *Volumes
	err := d.run(ctx, "list_volumes", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_list_volumes(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_volumes(result); v != nil {
				out = volumesOf(v)
			}
		})
	return out, err
}

// CreateSnapshotRequest holds the arguments of [Driver.CreateSnapshot].
type CreateSnapshotRequest struct {
	// Name of the LUN; required.
	Volume string `json:"volume,omitempty"`
	// Name of the snapshot, such as snapshot-<uuid>; required.
	Name string `json:"name,omitempty"`
}

// CreateSnapshot creates a snapshot of a volume.
//
// May be repeated: an existing snapshot of this name is returned with Created false.
func (d *Driver) CreateSnapshot(ctx context.Context, req CreateSnapshotRequest) (*Snapshot, error) {
	a := newArena()
	var args C.zfssa_create_snapshot_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.volume = a.text("volume", req.Volume)
	args.name = a.text("name", req.Name)
	var out *Snapshot
	err := d.run(ctx, "create_snapshot", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_create_snapshot(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_snapshot(result); v != nil {
				out = snapshotOf(v)
			}
		})
	return out, err
}

// DeleteSnapshotRequest holds the arguments of [Driver.DeleteSnapshot].
type DeleteSnapshotRequest struct {
	// Name of the LUN; required.
	Volume string `json:"volume,omitempty"`
	// Name of the snapshot, such as snapshot-<uuid>; required.
	Name string `json:"name,omitempty"`
}

// DeleteSnapshot deletes a snapshot. Succeeds if the snapshot does not exist. A snapshot with
// clones is not changed and fails with [ErrSnapshotBusy].
//
// With the extra spec zfssa:delete_with_clones of its volume's type set to defer, or without that
// spec the option zfssa_delete_with_clones, a snapshot with clones is deleted for the host at
// once: it is in no list, its name is free, and its volume may be deleted. On the appliance it
// has a reserved name and is deleted with its last clone, by the call that deletes that one.
func (d *Driver) DeleteSnapshot(ctx context.Context, req DeleteSnapshotRequest) (*DeleteReport, error) {
	a := newArena()
	var args C.zfssa_delete_snapshot_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.volume = a.text("volume", req.Volume)
	args.name = a.text("name", req.Name)
	var out *DeleteReport
	err := d.run(ctx, "delete_snapshot", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_delete_snapshot(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_delete_report(result); v != nil {
				out = deleteReportOf(v)
			}
		})
	return out, err
}

// ListSnapshotsRequest holds the arguments of [Driver.ListSnapshots].
type ListSnapshotsRequest struct {
	// Name of the LUN; required unless EveryVolume.
	Volume string `json:"volume,omitempty"`
	// Every volume of the backend's project, in place of Volume.
	EveryVolume bool `json:"every_volume,omitempty"`
	// NextMarker of the page before; empty: from the beginning.
	Marker string `json:"marker,omitempty"`
	// Maximum number of snapshots; 0: no limit.
	Limit uint32 `json:"limit,omitempty"`
}

// ListSnapshots lists the snapshots of one volume, or of all volumes in one request.
func (d *Driver) ListSnapshots(ctx context.Context, req ListSnapshotsRequest) (*Snapshots, error) {
	a := newArena()
	var args C.zfssa_list_snapshots_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.volume = a.oneOrEvery("volume", req.Volume, "EveryVolume", req.EveryVolume)
	args.marker = a.text("marker", req.Marker)
	args.limit = C.uint32_t(req.Limit)
	var out *Snapshots
	err := d.run(ctx, "list_snapshots", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_list_snapshots(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_snapshots(result); v != nil {
				out = snapshotsOf(v)
			}
		})
	return out, err
}

// RevertToSnapshotRequest holds the arguments of [Driver.RevertToSnapshot].
type RevertToSnapshotRequest struct {
	// Name of the LUN; required.
	Volume string `json:"volume,omitempty"`
	// Name of the snapshot; required.
	Snapshot string `json:"snapshot,omitempty"`
	// Size of the volume in Cinder, in GiB; 0: its current size.
	SizeGiB uint64 `json:"size_gib,omitempty"`
}

// RevertToSnapshot reverts a volume to a snapshot, and keeps its size. Data written since the
// snapshot is lost. Newer snapshots, or clones of them, prevent it: the call fails with
// [ErrRevertBlocked], which names them, and changes nothing. A snapshot of the same second counts
// as newer. A volume that is presented to a host fails with [ErrVolumeBusy].
func (d *Driver) RevertToSnapshot(ctx context.Context, req RevertToSnapshotRequest) (*Volume, error) {
	a := newArena()
	var args C.zfssa_revert_to_snapshot_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.volume = a.text("volume", req.Volume)
	args.snapshot = a.text("snapshot", req.Snapshot)
	args.size_gib = C.uint64_t(req.SizeGiB)
	var out *Volume
	err := d.run(ctx, "revert_to_snapshot", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_revert_to_snapshot(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_volume(result); v != nil {
				out = volumeOf(v)
			}
		})
	return out, err
}

// CreateVolumeFromSnapshotRequest holds the arguments of [Driver.CreateVolumeFromSnapshot].
type CreateVolumeFromSnapshotRequest struct {
	// Name of the new LUN; required.
	Name string `json:"name,omitempty"`
	// Size in GiB, at least that of the snapshot.
	SizeGiB uint64 `json:"size_gib,omitempty"`
	// Volume of the snapshot; required.
	SourceVolume string `json:"source_volume,omitempty"`
	// Name of the snapshot; required.
	Snapshot string `json:"snapshot,omitempty"`
	// Extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of other
	// scopes are ignored. A clone always has the block size of its source.
	ExtraSpecs map[string]string `json:"extra_specs,omitempty"`
}

// CreateVolumeFromSnapshot creates a volume from a snapshot, and extends it if its size is
// larger.
func (d *Driver) CreateVolumeFromSnapshot(ctx context.Context, req CreateVolumeFromSnapshotRequest) (*Volume, error) {
	a := newArena()
	var args C.zfssa_create_volume_from_snapshot_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.name = a.text("name", req.Name)
	args.size_gib = C.uint64_t(req.SizeGiB)
	args.source_volume = a.text("source_volume", req.SourceVolume)
	args.snapshot = a.text("snapshot", req.Snapshot)
	args.extra_specs, args.extra_specs_count = a.pairs("extra_specs", req.ExtraSpecs)
	var out *Volume
	err := d.run(ctx, "create_volume_from_snapshot", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_create_volume_from_snapshot(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_volume(result); v != nil {
				out = volumeOf(v)
			}
		})
	return out, err
}

// CreateClonedVolumeRequest holds the arguments of [Driver.CreateClonedVolume].
type CreateClonedVolumeRequest struct {
	// Name of the new LUN; required.
	Name string `json:"name,omitempty"`
	// Cinder's id of the new volume, for the temporary snapshot tmp-snapshot-<id>. Empty: the name
	// without the prefix volume-.
	ID string `json:"id,omitempty"`
	// Size in GiB, at least that of the source.
	SizeGiB uint64 `json:"size_gib,omitempty"`
	// Name of the source LUN; required.
	SourceVolume string `json:"source_volume,omitempty"`
	// Extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of other
	// scopes are ignored. Block size and encryption are those of the source: another block size is
	// ignored, and another encryption refused with [ErrTypeMismatch].
	ExtraSpecs map[string]string `json:"extra_specs,omitempty"`
}

// CreateClonedVolume creates a volume from another volume through a temporary snapshot, which is
// deleted with the new volume.
func (d *Driver) CreateClonedVolume(ctx context.Context, req CreateClonedVolumeRequest) (*Volume, error) {
	a := newArena()
	var args C.zfssa_create_cloned_volume_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.name = a.text("name", req.Name)
	args.id = a.text("id", req.ID)
	args.size_gib = C.uint64_t(req.SizeGiB)
	args.source_volume = a.text("source_volume", req.SourceVolume)
	args.extra_specs, args.extra_specs_count = a.pairs("extra_specs", req.ExtraSpecs)
	var out *Volume
	err := d.run(ctx, "create_cloned_volume", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_create_cloned_volume(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_volume(result); v != nil {
				out = volumeOf(v)
			}
		})
	return out, err
}

// CloneImageRequest holds the arguments of [Driver.CloneImage].
type CloneImageRequest struct {
	// Name of the new LUN; required.
	Name string `json:"name,omitempty"`
	// Size in GiB, at least that of the cache entry: the image's size, rounded up to GiB, plus one
	// if it is a whole number of GiB.
	SizeGiB uint64 `json:"size_gib,omitempty"`
	// Id of the image, which names its cache entry; required.
	ImageID string `json:"image_id,omitempty"`
	// Time of the image's last update, in any format that is always the same; required.
	ImageUpdatedAt string `json:"image_updated_at,omitempty"`
	// Virtual size of the image in bytes; not 0.
	ImageVirtualSize uint64 `json:"image_virtual_size,omitempty"`
	// IQN of the host that writes the image; required.
	Initiator string `json:"initiator,omitempty"`
	// Extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of other
	// scopes are ignored.
	ExtraSpecs map[string]string `json:"extra_specs,omitempty"`
	// Absolute path of the image file, which qemu-img writes over iSCSI from user space. Empty: the
	// host writes the image.
	ImagePath string `json:"image_path,omitempty"`
	// Format of the file at ImagePath: raw, qcow2 or vmdk. Empty without a file.
	ImageFormat string `json:"image_format,omitempty"`
	// Program for ImagePath. Empty: qemu-img, from PATH.
	QemuImg string `json:"qemu_img,omitempty"`
}

// CloneImage creates a volume from an image through the image cache. The first volume of an image
// needs the image to be written; further volumes are clones. It is no failure if the cache
// declines.
//
// A transfer that fails, is cancelled or times out leaves no cache entry. The operation waits for
// the transfer until its deadline, so choose a timeout that suits the image.
func (d *Driver) CloneImage(ctx context.Context, req CloneImageRequest) (*ClonedImage, error) {
	a := newArena()
	var args C.zfssa_clone_image_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.name = a.text("name", req.Name)
	args.size_gib = C.uint64_t(req.SizeGiB)
	args.image_id = a.text("image_id", req.ImageID)
	args.image_updated_at = a.text("image_updated_at", req.ImageUpdatedAt)
	args.image_virtual_size = C.uint64_t(req.ImageVirtualSize)
	args.initiator = a.text("initiator", req.Initiator)
	args.extra_specs, args.extra_specs_count = a.pairs("extra_specs", req.ExtraSpecs)
	args.image_path = a.text("image_path", req.ImagePath)
	args.image_format = a.text("image_format", req.ImageFormat)
	args.qemu_img = a.text("qemu_img", req.QemuImg)
	var out *ClonedImage
	err := d.run(ctx, "clone_image", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_clone_image(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_cloned_image(result); v != nil {
				out = clonedImageOf(v)
			}
		})
	return out, err
}

// InitializeConnectionRequest holds the arguments of [Driver.InitializeConnection].
type InitializeConnectionRequest struct {
	// Refuses to attach a volume that is presented to an initiator group which the host is not in,
	// with [ErrVolumeBusy].
	Exclusive bool `json:"exclusive,omitempty"`
	// Name of the LUN; required.
	Volume string `json:"volume,omitempty"`
	// Cinder's id of the volume, returned in the connection; empty: the name.
	VolumeID string `json:"volume_id,omitempty"`
	// IQN of the host; required.
	Initiator string `json:"initiator,omitempty"`
	// Name of the host; empty: not known. With the option zfssa_register_hosts, the initiator group
	// that this call makes for a host in no group is called by it.
	HostName string `json:"host_name,omitempty"`
}

// InitializeConnection presents a volume to the host of an initiator. Hosts that have it already
// keep it. With the option zfssa_register_hosts, a host that is in no initiator group gets one of
// its own first.
func (d *Driver) InitializeConnection(ctx context.Context, req InitializeConnectionRequest) (*Connection, error) {
	a := newArena()
	var args C.zfssa_initialize_connection_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	if req.Exclusive {
		args.flags |= C.ZFSSA_INITIALIZE_EXCLUSIVE
	}
	args.volume = a.text("volume", req.Volume)
	args.volume_id = a.text("volume_id", req.VolumeID)
	args.initiator = a.text("initiator", req.Initiator)
	args.host_name = a.text("host_name", req.HostName)
	var out *Connection
	err := d.run(ctx, "initialize_connection", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_initialize_connection(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_connection(result); v != nil {
				out = connectionOf(v)
			}
		})
	return out, err
}

// TerminateConnectionRequest holds the arguments of [Driver.TerminateConnection].
type TerminateConnectionRequest struct {
	// Name of the LUN; required.
	Volume string `json:"volume,omitempty"`
	// IQN of the host; required unless EveryHost.
	Initiator string `json:"initiator,omitempty"`
	// Every host, in place of Initiator.
	EveryHost bool `json:"every_host,omitempty"`
	// The initiators that still use the volume and must keep it, including Initiator if its host has
	// another attachment of the volume. Nil: a group that also has other initiators keeps the
	// volume.
	StillAttached []string `json:"still_attached,omitempty"`
}

// TerminateConnection removes the presentation of a volume to one host, or to all. Other hosts
// keep it. With the option zfssa_unregister_hosts, a registered host that loses its last volume
// loses its initiator and its initiator group; a failure of that is logged, and no error of this
// call.
func (d *Driver) TerminateConnection(ctx context.Context, req TerminateConnectionRequest) (*DetachReport, error) {
	a := newArena()
	var args C.zfssa_terminate_connection_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.volume = a.text("volume", req.Volume)
	args.initiator = a.oneOrEvery("initiator", req.Initiator, "EveryHost", req.EveryHost)
	args.still_attached, args.still_attached_count = a.texts("still_attached", req.StillAttached)
	if req.StillAttached != nil {
		args.flags |= C.ZFSSA_TERMINATE_STILL_ATTACHED
	}
	var out *DetachReport
	err := d.run(ctx, "terminate_connection", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_terminate_connection(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_detach_report(result); v != nil {
				out = detachReportOf(v)
			}
		})
	return out, err
}

// CreateExportRequest holds the arguments of [Driver.CreateExport].
type CreateExportRequest struct {
	// Name of the LUN; required.
	Volume string `json:"volume,omitempty"`
}

// CreateExport prepares a volume for attachment. The appliance needs no preparation: no request
// is sent.
func (d *Driver) CreateExport(ctx context.Context, req CreateExportRequest) error {
	a := newArena()
	var args C.zfssa_create_export_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.volume = a.text("volume", req.Volume)
	err := d.run(ctx, "create_export", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_create_export(driver, &args, call, ticket, e)
		},
		nil)
	return err
}

// EnsureExportRequest holds the arguments of [Driver.EnsureExport].
type EnsureExportRequest struct {
	// Name of the LUN; required.
	Volume string `json:"volume,omitempty"`
}

// EnsureExport restores the export of a volume in use, which Cinder asks for at its start. No
// request is sent.
func (d *Driver) EnsureExport(ctx context.Context, req EnsureExportRequest) error {
	a := newArena()
	var args C.zfssa_ensure_export_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.volume = a.text("volume", req.Volume)
	err := d.run(ctx, "ensure_export", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_ensure_export(driver, &args, call, ticket, e)
		},
		nil)
	return err
}

// RemoveExportRequest holds the arguments of [Driver.RemoveExport].
type RemoveExportRequest struct {
	// Name of the LUN; required.
	Volume string `json:"volume,omitempty"`
}

// RemoveExport reverses [Driver.CreateExport]. No request is sent.
func (d *Driver) RemoveExport(ctx context.Context, req RemoveExportRequest) error {
	a := newArena()
	var args C.zfssa_remove_export_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.volume = a.text("volume", req.Volume)
	err := d.run(ctx, "remove_export", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_remove_export(driver, &args, call, ticket, e)
		},
		nil)
	return err
}

// KnownVolume is a volume or snapshot that Cinder knows.
type KnownVolume struct {
	// Cinder's id; required.
	ID string `json:"id"`
	// Name on the appliance; required.
	Name string `json:"name"`
}

func (g *KnownVolume) fill(a *arena, c *C.zfssa_known_volume_t) {
	c.id = a.text("id", g.ID)
	c.name = a.text("name", g.Name)
}

// GetManageableVolumesRequest holds the arguments of [Driver.GetManageableVolumes].
type GetManageableVolumesRequest struct {
	// Reference of the entry before the first one returned; empty: from the beginning. Fails if
	// there is no such entry.
	Marker string `json:"marker,omitempty"`
	// Maximum number of entries; 0: no limit.
	Limit uint32 `json:"limit,omitempty"`
	// Number of entries to skip, from the beginning or from the marker.
	Offset uint32 `json:"offset,omitempty"`
	// Cinder's volumes on this backend.
	CinderVolumes []KnownVolume `json:"cinder_volumes,omitempty"`
	// Sort keys, reference or size, most important first; empty: reference.
	SortKeys []string `json:"sort_keys,omitempty"`
	// Sort directions, asc or desc, for each key; a missing one is the last one given, or asc.
	SortDirs []string `json:"sort_dirs,omitempty"`
}

// GetManageableVolumes lists the LUNs of the backend's project, and whether each may be managed.
func (d *Driver) GetManageableVolumes(ctx context.Context, req GetManageableVolumesRequest) (*ManageableList, error) {
	a := newArena()
	var args C.zfssa_get_manageable_volumes_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.marker = a.text("marker", req.Marker)
	args.limit = C.uint32_t(req.Limit)
	args.offset = C.uint32_t(req.Offset)
	args.cinder_volumes, args.cinder_volumes_count = array(&a, req.CinderVolumes, (*KnownVolume).fill)
	args.sort_keys, args.sort_keys_count = a.texts("sort_keys", req.SortKeys)
	args.sort_dirs, args.sort_dirs_count = a.texts("sort_dirs", req.SortDirs)
	var out *ManageableList
	err := d.run(ctx, "get_manageable_volumes", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_get_manageable_volumes(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_manageable_list(result); v != nil {
				out = manageableListOf(v)
			}
		})
	return out, err
}

// ManageExistingGetSizeRequest holds the arguments of [Driver.ManageExistingGetSize].
type ManageExistingGetSizeRequest struct {
	// Name of the LUN, Cinder's source-name; empty: identified by GUID.
	SourceName string `json:"source_name,omitempty"`
	// GUID of the LUN, 32 hexadecimal digits; empty: identified by name. If both are set, both must
	// match.
	SourceGUID string `json:"source_guid,omitempty"`
}

// ManageExistingGetSize returns the size of an existing LUN. Cinder calls it before
// [Driver.ManageExisting].
func (d *Driver) ManageExistingGetSize(ctx context.Context, req ManageExistingGetSizeRequest) (*ExistingSize, error) {
	a := newArena()
	var args C.zfssa_manage_existing_get_size_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.source_name = a.text("source_name", req.SourceName)
	args.source_guid = a.text("source_guid", req.SourceGUID)
	var out *ExistingSize
	err := d.run(ctx, "manage_existing_get_size", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_manage_existing_get_size(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_existing_size(result); v != nil {
				out = existingSizeOf(v)
			}
		})
	return out, err
}

// ManageExistingRequest holds the arguments of [Driver.ManageExisting].
type ManageExistingRequest struct {
	// Keep the presentation of the LUN to hosts.
	KeepPresentation bool `json:"keep_presentation,omitempty"`
	// Name of the volume, such as volume-<uuid>; required.
	Name string `json:"name,omitempty"`
	// Name of the LUN, Cinder's source-name; empty: identified by GUID.
	SourceName string `json:"source_name,omitempty"`
	// GUID of the LUN, 32 hexadecimal digits; empty: identified by name. If both are set, both must
	// match.
	SourceGUID string `json:"source_guid,omitempty"`
	// Extra specs of the volume type. The LUN must match every key zfssa:*; the backend's defaults
	// are not applied.
	ExtraSpecs map[string]string `json:"extra_specs,omitempty"`
}

// ManageExisting takes an existing LUN under management: one change renames it, sets the property
// cinder_managed and removes its presentation to hosts. Refuses a LUN that is managed already,
// that the option zfssa_manage_policy does not allow, or that does not match the volume type. The
// report names its snapshots, which prevent the volume from being deleted.
//
// May be repeated: a managed LUN of this name is returned with Changed false.
func (d *Driver) ManageExisting(ctx context.Context, req ManageExistingRequest) (*ManageReport, error) {
	a := newArena()
	var args C.zfssa_manage_existing_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	if req.KeepPresentation {
		args.flags |= C.ZFSSA_MANAGE_KEEP_PRESENTATION
	}
	args.name = a.text("name", req.Name)
	args.source_name = a.text("source_name", req.SourceName)
	args.source_guid = a.text("source_guid", req.SourceGUID)
	args.extra_specs, args.extra_specs_count = a.pairs("extra_specs", req.ExtraSpecs)
	var out *ManageReport
	err := d.run(ctx, "manage_existing", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_manage_existing(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_manage_report(result); v != nil {
				out = manageReportOf(v)
			}
		})
	return out, err
}

// UnmanageRequest holds the arguments of [Driver.Unmanage].
type UnmanageRequest struct {
	// Name of the volume; required.
	Name string `json:"name,omitempty"`
}

// Unmanage releases a volume from management: its LUN is renamed to unmanaged-<name> and can be
// managed again.
func (d *Driver) Unmanage(ctx context.Context, req UnmanageRequest) (*UnmanageReport, error) {
	a := newArena()
	var args C.zfssa_unmanage_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.name = a.text("name", req.Name)
	var out *UnmanageReport
	err := d.run(ctx, "unmanage", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_unmanage(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_unmanage_report(result); v != nil {
				out = unmanageReportOf(v)
			}
		})
	return out, err
}

// GetManageableSnapshotsRequest holds the arguments of [Driver.GetManageableSnapshots].
type GetManageableSnapshotsRequest struct {
	// Reference of the entry before the first one returned; empty: from the beginning. Fails if
	// there is no such entry.
	Marker string `json:"marker,omitempty"`
	// Maximum number of entries; 0: no limit.
	Limit uint32 `json:"limit,omitempty"`
	// Number of entries to skip, from the beginning or from the marker.
	Offset uint32 `json:"offset,omitempty"`
	// Cinder's snapshots on this backend.
	CinderSnapshots []KnownVolume `json:"cinder_snapshots,omitempty"`
	// Sort keys, reference or size, most important first; empty: reference.
	SortKeys []string `json:"sort_keys,omitempty"`
	// Sort directions, asc or desc, for each key; a missing one is the last one given, or asc.
	SortDirs []string `json:"sort_dirs,omitempty"`
}

// GetManageableSnapshots lists the snapshots in the backend's project, and whether each may be
// managed. Because snapshots of two volumes may have one name, the marker may also be
// <volume>@<snapshot>.
func (d *Driver) GetManageableSnapshots(ctx context.Context, req GetManageableSnapshotsRequest) (*ManageableList, error) {
	a := newArena()
	var args C.zfssa_get_manageable_snapshots_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.marker = a.text("marker", req.Marker)
	args.limit = C.uint32_t(req.Limit)
	args.offset = C.uint32_t(req.Offset)
	args.cinder_snapshots, args.cinder_snapshots_count = array(&a, req.CinderSnapshots, (*KnownVolume).fill)
	args.sort_keys, args.sort_keys_count = a.texts("sort_keys", req.SortKeys)
	args.sort_dirs, args.sort_dirs_count = a.texts("sort_dirs", req.SortDirs)
	var out *ManageableList
	err := d.run(ctx, "get_manageable_snapshots", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_get_manageable_snapshots(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_manageable_list(result); v != nil {
				out = manageableListOf(v)
			}
		})
	return out, err
}

// ManageExistingSnapshotGetSizeRequest holds the arguments of [Driver.ManageExistingSnapshotGetSize].
type ManageExistingSnapshotGetSizeRequest struct {
	// Name of the LUN; required.
	Volume string `json:"volume,omitempty"`
	// Current name of the snapshot, Cinder's source-name; required.
	SourceName string `json:"source_name,omitempty"`
}

// ManageExistingSnapshotGetSize returns the size of a volume created from an existing snapshot:
// the current size of the snapshot's volume.
func (d *Driver) ManageExistingSnapshotGetSize(ctx context.Context, req ManageExistingSnapshotGetSizeRequest) (*ExistingSize, error) {
	a := newArena()
	var args C.zfssa_manage_existing_snapshot_get_size_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.volume = a.text("volume", req.Volume)
	args.source_name = a.text("source_name", req.SourceName)
	var out *ExistingSize
	err := d.run(ctx, "manage_existing_snapshot_get_size", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_manage_existing_snapshot_get_size(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_existing_size(result); v != nil {
				out = existingSizeOf(v)
			}
		})
	return out, err
}

// ManageExistingSnapshotRequest holds the arguments of [Driver.ManageExistingSnapshot].
type ManageExistingSnapshotRequest struct {
	// Name of the LUN; required.
	Volume string `json:"volume,omitempty"`
	// New name, such as snapshot-<uuid>; required.
	Name string `json:"name,omitempty"`
	// Current name of the snapshot, Cinder's source-name; required.
	SourceName string `json:"source_name,omitempty"`
}

// ManageExistingSnapshot takes a snapshot of a volume under management: renames it to the name
// that Cinder uses. Refuses a snapshot whose name belongs to Cinder or to a clone already.
//
// May be repeated: if only the new name exists, Changed is false.
func (d *Driver) ManageExistingSnapshot(ctx context.Context, req ManageExistingSnapshotRequest) (*ManagedSnapshot, error) {
	a := newArena()
	var args C.zfssa_manage_existing_snapshot_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.volume = a.text("volume", req.Volume)
	args.name = a.text("name", req.Name)
	args.source_name = a.text("source_name", req.SourceName)
	var out *ManagedSnapshot
	err := d.run(ctx, "manage_existing_snapshot", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_manage_existing_snapshot(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_managed_snapshot(result); v != nil {
				out = managedSnapshotOf(v)
			}
		})
	return out, err
}

// UnmanageSnapshotRequest holds the arguments of [Driver.UnmanageSnapshot].
type UnmanageSnapshotRequest struct {
	// Name of the LUN; required.
	Volume string `json:"volume,omitempty"`
	// Name of the snapshot; required.
	Name string `json:"name,omitempty"`
}

// UnmanageSnapshot releases a snapshot from management: it is renamed to unmanaged-<name> and can
// be managed again.
func (d *Driver) UnmanageSnapshot(ctx context.Context, req UnmanageSnapshotRequest) (*UnmanageReport, error) {
	a := newArena()
	var args C.zfssa_unmanage_snapshot_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.volume = a.text("volume", req.Volume)
	args.name = a.text("name", req.Name)
	var out *UnmanageReport
	err := d.run(ctx, "unmanage_snapshot", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_unmanage_snapshot(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_unmanage_report(result); v != nil {
				out = unmanageReportOf(v)
			}
		})
	return out, err
}

// RetypeRequest holds the arguments of [Driver.Retype].
type RetypeRequest struct {
	// Name of the LUN; required.
	Name string `json:"name,omitempty"`
	// Extra specs of the new volume type.
	ExtraSpecs map[string]string `json:"extra_specs,omitempty"`
}

// Retype changes a volume to match a volume type, as far as that is possible in place: all
// properties but block size and encryption. Compression, deduplication and copies apply to data
// written from then on. A type with another block size or encryption: InPlace is false, and
// nothing was changed.
//
// Properties of zfssa_volume_t::properties that neither the type nor the backend sets are
// inherited from the project again, and limits end; the write cache stays as it is.
func (d *Driver) Retype(ctx context.Context, req RetypeRequest) (*RetypeReport, error) {
	a := newArena()
	var args C.zfssa_retype_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.name = a.text("name", req.Name)
	args.extra_specs, args.extra_specs_count = a.pairs("extra_specs", req.ExtraSpecs)
	var out *RetypeReport
	err := d.run(ctx, "retype", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_retype(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_retype_report(result); v != nil {
				out = retypeReportOf(v)
			}
		})
	return out, err
}

// MigrateVolumeRequest holds the arguments of [Driver.MigrateVolume].
type MigrateVolumeRequest struct {
	// Name of the LUN; required.
	Name string `json:"name,omitempty"`
	// location_info of the destination's capabilities, from [Driver.GetVolumeStats] or the former
	// driver. Empty: the migration is declined.
	LocationInfo Secret `json:"location_info,omitempty"`
	// Cinder's status of the volume; empty: not checked.
	Status string `json:"status,omitempty"`
	// vendor_name of the destination's capabilities; empty: not checked.
	VendorName string `json:"vendor_name,omitempty"`
	// storage_protocol of the destination's capabilities; empty: not checked.
	StorageProtocol string `json:"storage_protocol,omitempty"`
	// User on the destination; empty: from the option zfssa_migration_destinations. Recovery after a
	// crash uses only the option.
	Login string `json:"login,omitempty"`
	// Password of the user; empty without a login. The library wipes its copy after use.
	Password Secret `json:"password,omitempty"`
}

// MigrateVolume migrates a volume to another appliance by replication; it keeps its name there.
// Declines if that is impossible, which is a result and not an error: copy the data then. After
// an error the volume is at its source, unless the outcome says otherwise. Choose a timeout that
// suits the amount of data.
func (d *Driver) MigrateVolume(ctx context.Context, req MigrateVolumeRequest) (*Migration, error) {
	a := newArena()
	var args C.zfssa_migrate_volume_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.name = a.text("name", req.Name)
	args.location_info = a.text("location_info", req.LocationInfo.Reveal())
	args.status = a.text("status", req.Status)
	args.vendor_name = a.text("vendor_name", req.VendorName)
	args.storage_protocol = a.text("storage_protocol", req.StorageProtocol)
	args.login = a.text("login", req.Login)
	args.password = a.text("password", req.Password.Reveal())
	var out *Migration
	err := d.run(ctx, "migrate_volume", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_migrate_volume(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_migration(result); v != nil {
				out = migrationOf(v)
			}
		})
	return out, err
}

// UpdateMigratedVolumeRequest holds the arguments of [Driver.UpdateMigratedVolume].
type UpdateMigratedVolumeRequest struct {
	// Name of the volume that was migrated; required.
	OriginalName string `json:"original_name,omitempty"`
	// Name of the copy on this backend; required.
	CurrentName string `json:"current_name,omitempty"`
	// Cinder's id of the copy; empty: taken from its name.
	CurrentID string `json:"current_id,omitempty"`
	// GUID of the copy, from its provider id; empty: unknown.
	CurrentGUID string `json:"current_guid,omitempty"`
}

// UpdateMigratedVolume renames a volume that was migrated to this backend to the name of the
// volume that it replaces. If that name is taken, the volume keeps its name, and NameID is set.
// May be repeated if the GUID is set.
func (d *Driver) UpdateMigratedVolume(ctx context.Context, req UpdateMigratedVolumeRequest) (*MigratedVolume, error) {
	a := newArena()
	var args C.zfssa_update_migrated_volume_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.original_name = a.text("original_name", req.OriginalName)
	args.current_name = a.text("current_name", req.CurrentName)
	args.current_id = a.text("current_id", req.CurrentID)
	args.current_guid = a.text("current_guid", req.CurrentGUID)
	var out *MigratedVolume
	err := d.run(ctx, "update_migrated_volume", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_update_migrated_volume(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_migrated_volume(result); v != nil {
				out = migratedVolumeOf(v)
			}
		})
	return out, err
}

// KnownSnapshot is a snapshot that Cinder knows.
type KnownSnapshot struct {
	// Cinder's id; required.
	ID string `json:"id"`
	// Name on the appliance; required.
	Name string `json:"name"`
	// Name of its volume on the appliance; required.
	Volume string `json:"volume"`
}

func (g *KnownSnapshot) fill(a *arena, c *C.zfssa_known_snapshot_t) {
	c.id = a.text("id", g.ID)
	c.name = a.text("name", g.Name)
	c.volume = a.text("volume", g.Volume)
}

// UpdateProviderInfoRequest holds the arguments of [Driver.UpdateProviderInfo].
type UpdateProviderInfoRequest struct {
	// Cinder's volumes on this backend.
	Volumes []KnownVolume `json:"volumes,omitempty"`
	// Cinder's snapshots on this backend.
	Snapshots []KnownSnapshot `json:"snapshots,omitempty"`
}

// UpdateProviderInfo returns which of Cinder's volumes and snapshots exist, and their ids on the
// appliance.
func (d *Driver) UpdateProviderInfo(ctx context.Context, req UpdateProviderInfoRequest) (*ProviderInfo, error) {
	a := newArena()
	var args C.zfssa_update_provider_info_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.volumes, args.volumes_count = array(&a, req.Volumes, (*KnownVolume).fill)
	args.snapshots, args.snapshots_count = array(&a, req.Snapshots, (*KnownSnapshot).fill)
	var out *ProviderInfo
	err := d.run(ctx, "update_provider_info", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_update_provider_info(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_provider_info(result); v != nil {
				out = providerInfoOf(v)
			}
		})
	return out, err
}

// CreateGroupRequest holds the arguments of [Driver.CreateGroup].
type CreateGroupRequest struct {
	// Cinder's id; required.
	ID string `json:"id,omitempty"`
}

// CreateGroup creates a group. The appliance has no groups of volumes: no request is sent.
func (d *Driver) CreateGroup(ctx context.Context, req CreateGroupRequest) error {
	a := newArena()
	var args C.zfssa_create_group_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.id = a.text("id", req.ID)
	err := d.run(ctx, "create_group", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_create_group(driver, &args, call, ticket, e)
		},
		nil)
	return err
}

// UpdateGroupRequest holds the arguments of [Driver.UpdateGroup].
type UpdateGroupRequest struct {
	// Cinder's id; required.
	ID string `json:"id,omitempty"`
	// Names of the volumes to add.
	AddVolumes []string `json:"add_volumes,omitempty"`
	// Names of the volumes to remove.
	RemoveVolumes []string `json:"remove_volumes,omitempty"`
}

// UpdateGroup adds volumes to a group and removes volumes from it. Changes nothing on the
// appliance; added volumes must exist.
func (d *Driver) UpdateGroup(ctx context.Context, req UpdateGroupRequest) error {
	a := newArena()
	var args C.zfssa_update_group_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.id = a.text("id", req.ID)
	args.add_volumes, args.add_volumes_count = a.texts("add_volumes", req.AddVolumes)
	args.remove_volumes, args.remove_volumes_count = a.texts("remove_volumes", req.RemoveVolumes)
	err := d.run(ctx, "update_group", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_update_group(driver, &args, call, ticket, e)
		},
		nil)
	return err
}

// DeleteGroupRequest holds the arguments of [Driver.DeleteGroup].
type DeleteGroupRequest struct {
	// Cinder's id; required.
	ID string `json:"id,omitempty"`
	// Names of its volumes.
	Volumes []string `json:"volumes,omitempty"`
}

// DeleteGroup deletes the volumes of a group, clones first, and reports on each. The deletion of
// a volume is deferred, by the policy of [Driver.DeleteVolume], only if volumes outside the group
// are clones of it.
func (d *Driver) DeleteGroup(ctx context.Context, req DeleteGroupRequest) (*GroupDeleteReport, error) {
	a := newArena()
	var args C.zfssa_delete_group_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.id = a.text("id", req.ID)
	args.volumes, args.volumes_count = a.texts("volumes", req.Volumes)
	var out *GroupDeleteReport
	err := d.run(ctx, "delete_group", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_delete_group(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_group_delete_report(result); v != nil {
				out = groupDeleteReportOf(v)
			}
		})
	return out, err
}

// GroupMember is a volume of a group, and its snapshot.
type GroupMember struct {
	// Name of the LUN; required.
	Volume string `json:"volume"`
	// Name of the snapshot; required.
	Snapshot string `json:"snapshot"`
}

func (g *GroupMember) fill(a *arena, c *C.zfssa_group_member_t) {
	c.volume = a.text("volume", g.Volume)
	c.snapshot = a.text("snapshot", g.Snapshot)
}

// CreateGroupSnapshotRequest holds the arguments of [Driver.CreateGroupSnapshot].
type CreateGroupSnapshotRequest struct {
	// Cinder's id; required.
	ID string `json:"id,omitempty"`
	// The volumes and their snapshots.
	Members []GroupMember `json:"members,omitempty"`
}

// CreateGroupSnapshot creates snapshots of all volumes of a group at one instant: all of them or
// none. May be repeated with the same id.
func (d *Driver) CreateGroupSnapshot(ctx context.Context, req CreateGroupSnapshotRequest) (*Snapshots, error) {
	a := newArena()
	var args C.zfssa_create_group_snapshot_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.id = a.text("id", req.ID)
	args.members, args.members_count = array(&a, req.Members, (*GroupMember).fill)
	var out *Snapshots
	err := d.run(ctx, "create_group_snapshot", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_create_group_snapshot(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_snapshots(result); v != nil {
				out = snapshotsOf(v)
			}
		})
	return out, err
}

// DeleteGroupSnapshotRequest holds the arguments of [Driver.DeleteGroupSnapshot].
type DeleteGroupSnapshotRequest struct {
	// Cinder's id; required.
	ID string `json:"id,omitempty"`
	// The volumes and their snapshots.
	Members []GroupMember `json:"members,omitempty"`
}

// DeleteGroupSnapshot deletes the snapshots of a group, and reports on each. Also deletes the
// temporary snapshot of the project that an interrupted [Driver.CreateGroupSnapshot] with this id
// left; no member needs to exist for that.
func (d *Driver) DeleteGroupSnapshot(ctx context.Context, req DeleteGroupSnapshotRequest) (*GroupDeleteReport, error) {
	a := newArena()
	var args C.zfssa_delete_group_snapshot_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.id = a.text("id", req.ID)
	args.members, args.members_count = array(&a, req.Members, (*GroupMember).fill)
	var out *GroupDeleteReport
	err := d.run(ctx, "delete_group_snapshot", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_delete_group_snapshot(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_group_delete_report(result); v != nil {
				out = groupDeleteReportOf(v)
			}
		})
	return out, err
}

// GroupClone is a volume of a new group.
type GroupClone struct {
	// Name of the new LUN; required.
	Name string `json:"name"`
	// Name of the source LUN; required.
	SourceVolume string `json:"source_volume"`
	// Snapshot of the source. Empty: the current state of the source, at one instant for all
	// sources.
	Snapshot string `json:"snapshot"`
	// Size in GiB, at least that of the source.
	SizeGiB uint64 `json:"size_gib"`
	// Extra specs of the volume type.
	ExtraSpecs map[string]string `json:"extra_specs"`
}

func (g *GroupClone) fill(a *arena, c *C.zfssa_group_clone_t) {
	c.name = a.text("name", g.Name)
	c.source_volume = a.text("source_volume", g.SourceVolume)
	c.snapshot = a.text("snapshot", g.Snapshot)
	c.size_gib = C.uint64_t(g.SizeGiB)
	c.extra_specs, c.extra_specs_count = a.pairs("extra_specs", g.ExtraSpecs)
}

// CreateGroupFromSrcRequest holds the arguments of [Driver.CreateGroupFromSrc].
type CreateGroupFromSrcRequest struct {
	// Cinder's id; required.
	ID string `json:"id,omitempty"`
	// The volumes of the new group.
	Volumes []GroupClone `json:"volumes,omitempty"`
}

// CreateGroupFromSrc creates the volumes of a group from the snapshots of another, or from its
// volumes at one instant: all of them or none.
func (d *Driver) CreateGroupFromSrc(ctx context.Context, req CreateGroupFromSrcRequest) (*Volumes, error) {
	a := newArena()
	var args C.zfssa_create_group_from_src_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.id = a.text("id", req.ID)
	args.volumes, args.volumes_count = array(&a, req.Volumes, (*GroupClone).fill)
	var out *Volumes
	err := d.run(ctx, "create_group_from_src", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_create_group_from_src(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_volumes(result); v != nil {
				out = volumesOf(v)
			}
		})
	return out, err
}

// RecoverRequest holds the arguments of [Driver.Recover].
type RecoverRequest struct {
	// Ids of operations whose processes died before their results were received and whose journals
	// may be lost: the objects that they created are searched for and deleted.
	Operations []string `json:"operations,omitempty"`
}

// Recover completes or rolls back the interrupted operations of dead processes, as
// [Driver.DoSetup] does. May be called at any time and repeated.
func (d *Driver) Recover(ctx context.Context, req RecoverRequest) (*RecoverReport, error) {
	a := newArena()
	var args C.zfssa_recover_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.operations, args.operations_count = a.texts("operations", req.Operations)
	var out *RecoverReport
	err := d.run(ctx, "recover", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_recover(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_recover_report(result); v != nil {
				out = recoverReportOf(v)
			}
		})
	return out, err
}

// AuditRequest holds the arguments of [Driver.Audit].
type AuditRequest struct {
	// Delete temporary snapshots and cached images without dependents, roll back abandoned
	// migrations, and recover journals.
	Fix bool `json:"fix,omitempty"`
	// Also delete volumes that are not in the list Volumes. Refused with an empty list. A volume is
	// deleted only if at least MinAge passed since it was created, managed, renamed or migrated
	// here. A volume of unknown age, such as one of the former driver, is reported and never
	// deleted.
	FixVolumes bool `json:"fix_volumes,omitempty"`
	// Ignore MinAge.
	AnyAge bool `json:"any_age,omitempty"`
	// Names of the volumes that the host's own database has on this backend; pass all of them. The
	// audit reports a volume that is not in the list with the kind volume, and a name in the list
	// that the appliance does not have with the kind missing_volume. With an empty list it reports
	// every volume.
	Volumes []string `json:"volumes,omitempty"`
	// Names of the snapshots that the host's own database has on this backend, without the names of
	// their volumes; pass all of them. The kinds are snapshot and missing_snapshot. With an empty
	// list the audit reports every snapshot made for Cinder.
	Snapshots []string `json:"snapshots,omitempty"`
	// Minimum age, rounded up to seconds; younger objects are skipped. 0: one hour.
	MinAge time.Duration `json:"-"`
	// NextMarker of the page before; empty: from the beginning.
	Marker string `json:"marker,omitempty"`
	// Maximum number of findings; 0: no limit. The audit itself is always complete.
	Limit uint32 `json:"limit,omitempty"`
}

// Audit finds objects without an owner: volumes, snapshots, cached images, remains of migrations,
// journals. Changes nothing without Fix or FixVolumes. With them, only objects that carry the
// engine's marker and have no dependents are deleted.
func (d *Driver) Audit(ctx context.Context, req AuditRequest) (*AuditReport, error) {
	a := newArena()
	var args C.zfssa_audit_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	if req.Fix {
		args.flags |= C.ZFSSA_AUDIT_FIX
	}
	if req.FixVolumes {
		args.flags |= C.ZFSSA_AUDIT_FIX_VOLUMES
	}
	if req.AnyAge {
		args.flags |= C.ZFSSA_AUDIT_ANY_AGE
	}
	args.volumes, args.volumes_count = a.texts("volumes", req.Volumes)
	args.snapshots, args.snapshots_count = a.texts("snapshots", req.Snapshots)
	args.min_age_s = C.uint64_t(seconds(req.MinAge))
	args.marker = a.text("marker", req.Marker)
	args.limit = C.uint32_t(req.Limit)
	var out *AuditReport
	err := d.run(ctx, "audit", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_audit(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_audit_report(result); v != nil {
				out = auditReportOf(v)
			}
		})
	return out, err
}

// CreateAPITokenRequest holds the arguments of [Driver.CreateAPIToken].
type CreateAPITokenRequest struct {
	// Keep the former tokens of the name valid until they expire, or until the next call without
	// this flag.
	KeepFormer bool `json:"keep_former,omitempty"`
	// Name of the token, 1 to 48 characters: letters, digits, _ and -; required. The library adds
	// "-" and eight hexadecimal digits. Use another name for each token file: a call revokes the
	// other tokens of its name.
	Name string `json:"name,omitempty"`
	// How long the token is valid, 60 to 315360000 seconds; required. The limit of the appliance is
	// not documented.
	Lifetime time.Duration `json:"-"`
	// Absolute path of the file for the token; empty: that of the option zfssa_token_file.
	TokenFile string `json:"token_file,omitempty"`
	// Password of the user san_login; empty: the option san_password. The appliance makes a token
	// for a user name and password only, so a backend with zfssa_token_file must give it. The
	// library wipes its copy after use.
	Password Secret `json:"password,omitempty"`
}

// CreateAPIToken creates a persistent API token of the user san_login, writes it into a file for
// the option zfssa_token_file, and revokes the former tokens of the same name. Needs REST API v2
// (OS8.8).
//
// The token is first written to a file next to the token file (with ".new" at its end) and proven
// to work. Then it replaces the token file at once, with mode 0600, or with owner and group of
// the former file. A reader, or a crash, sees the former token or the new one.
//
// Up to that point a failure revokes the new token ([OutcomeRolledBack]), and the former ones
// stay valid. [OutcomePartial]: the token file was replaced, and the error names the tokens that
// may still be valid. [ErrAgain]: another call is replacing the same file. After a lost answer
// the library asks for another token; one that was made without an answer has no holder, and this
// or the next call revokes it.
func (d *Driver) CreateAPIToken(ctx context.Context, req CreateAPITokenRequest) (*APIToken, error) {
	a := newArena()
	var args C.zfssa_create_api_token_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	if req.KeepFormer {
		args.flags |= C.ZFSSA_TOKEN_KEEP_FORMER
	}
	args.name = a.text("name", req.Name)
	args.lifetime_s = C.uint64_t(seconds(req.Lifetime))
	args.token_file = a.text("token_file", req.TokenFile)
	args.password = a.text("password", req.Password.Reveal())
	var out *APIToken
	err := d.run(ctx, "create_api_token", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_create_api_token(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_api_token(result); v != nil {
				out = aPITokenOf(v)
			}
		})
	return out, err
}

// EchoReply is the reply to an echo.
type EchoReply struct {
	// The message.
	Message string `json:"message"`
}

func echoReplyOf(v *C.zfssa_echo_reply_t) *EchoReply {
	if v == nil {
		return nil
	}
	return &EchoReply{
		Message: C.GoString(v.message),
	}
}

// Certificate is the certificate that the appliance presented.
type Certificate struct {
	// SHA-256 fingerprint, in the form of the option zfssa_tls_pins and of "openssl x509
	// -fingerprint -sha256": pairs of upper-case hexadecimal digits with colons.
	SHA256 string `json:"sha256"`
	// Certificate in PEM.
	PEM string `json:"pem"`
}

func certificateOf(v *C.zfssa_certificate_t) *Certificate {
	if v == nil {
		return nil
	}
	return &Certificate{
		SHA256: C.GoString(v.sha256),
		PEM:    C.GoString(v.pem),
	}
}

// CheckReport is the report of a check.
type CheckReport struct {
	// Findings that do not stop the backend, one sentence each.
	Warnings []string `json:"warnings"`
}

func checkReportOf(v *C.zfssa_check_report_t) *CheckReport {
	if v == nil {
		return nil
	}
	return &CheckReport{
		Warnings: texts(v.warnings, v.warnings_count),
	}
}

// SetupReport is the report of a setup.
type SetupReport struct {
	// Node name of the appliance.
	Appliance string `json:"appliance"`
	// Version of its software.
	SoftwareVersion string `json:"software_version"`
	// IQN of the target that presents the volumes.
	TargetIQN string `json:"target_iqn"`
	// Portals, as address:port.
	TargetPortals []string `json:"target_portals"`
	// Objects created or changed, one sentence each; none if all were ready.
	Changes []string `json:"changes"`
	// Findings that need attention, one sentence each.
	Warnings []string `json:"warnings"`
}

func setupReportOf(v *C.zfssa_setup_report_t) *SetupReport {
	if v == nil {
		return nil
	}
	return &SetupReport{
		Appliance:       C.GoString(v.appliance),
		SoftwareVersion: C.GoString(v.software_version),
		TargetIQN:       C.GoString(v.target_iqn),
		TargetPortals:   texts(v.target_portals, v.target_portals_count),
		Changes:         texts(v.changes, v.changes_count),
		Warnings:        texts(v.warnings, v.warnings_count),
	}
}

// VolumeStats is the reply to Cinder's get_volume_stats: capacity and capabilities of the
// backend.
type VolumeStats struct {
	// Reserved capacity in percent.
	ReservedPercentage uint32 `json:"reserved_percentage"`
	// True when new volumes are thin.
	ThinProvisioningSupport bool `json:"thin_provisioning_support"`
	// True when new volumes are thick.
	ThickProvisioningSupport bool `json:"thick_provisioning_support"`
	// Always true: a volume may be presented to several hosts.
	Multiattach bool `json:"multiattach"`
	// True when an attached volume may be extended.
	OnlineExtendSupport bool `json:"online_extend_support"`
	// True if the appliance's project shows limits of bandwidth (as of OS8.8). Cinder's key is
	// QoS_support.
	QoSSupport bool `json:"qos_support"`
	// Always false: a clone is made in the pool of its source.
	CloneAcrossPools bool `json:"clone_across_pools"`
	// Number of volumes.
	TotalVolumes uint64 `json:"total_volumes"`
	// Capacity of the project, free and used, in bytes.
	TotalCapacityBytes uint64 `json:"total_capacity_bytes"`
	// Free capacity of the project in bytes.
	FreeCapacityBytes uint64 `json:"free_capacity_bytes"`
	// Sum of the volume sizes in bytes.
	ProvisionedCapacityBytes uint64 `json:"provisioned_capacity_bytes"`
	// TotalCapacityBytes in GiB.
	TotalCapacityGB float64 `json:"total_capacity_gb"`
	// FreeCapacityBytes in GiB.
	FreeCapacityGB float64 `json:"free_capacity_gb"`
	// ProvisionedCapacityBytes in GiB.
	ProvisionedCapacityGB float64 `json:"provisioned_capacity_gb"`
	// Same as ProvisionedCapacityGB, for Cinder.
	AllocatedCapacityGB float64 `json:"allocated_capacity_gb"`
	// Option volume_backend_name.
	VolumeBackendName string `json:"volume_backend_name"`
	// Always Oracle.
	VendorName string `json:"vendor_name"`
	// Version of this library.
	DriverVersion string `json:"driver_version"`
	// Always iSCSI.
	StorageProtocol string `json:"storage_protocol"`
	// Pool name for the scheduler.
	PoolName string `json:"pool_name"`
	// Option max_over_subscription_ratio: a number, or auto.
	MaxOverSubscriptionRatio string `json:"max_over_subscription_ratio"`
	// Always up. If the other cluster head owns the pool, the operation fails with
	// [ErrPoolNotOwned], and the host should report down.
	BackendState string `json:"backend_state"`
	// Six fields for migration between backends; the field for credentials is empty.
	LocationInfo string `json:"location_info"`
	// Profile of the pool, such as mirror.
	ZFSSAPoolprofile string `json:"zfssa_poolprofile"`
	// Default block size, as in the option zfssa_lun_volblocksize.
	ZFSSAVolblocksize string `json:"zfssa_volblocksize"`
	// Default provisioning: True for thin.
	ZFSSASparse string `json:"zfssa_sparse"`
	// Default compression.
	ZFSSACompression string `json:"zfssa_compression"`
	// Default synchronous write bias.
	ZFSSALogbias string `json:"zfssa_logbias"`
}

func volumeStatsOf(v *C.zfssa_volume_stats_t) *VolumeStats {
	if v == nil {
		return nil
	}
	return &VolumeStats{
		ReservedPercentage:       uint32(v.reserved_percentage),
		ThinProvisioningSupport:  v.thin_provisioning_support != 0,
		ThickProvisioningSupport: v.thick_provisioning_support != 0,
		Multiattach:              v.multiattach != 0,
		OnlineExtendSupport:      v.online_extend_support != 0,
		QoSSupport:               v.qos_support != 0,
		CloneAcrossPools:         v.clone_across_pools != 0,
		TotalVolumes:             uint64(v.total_volumes),
		TotalCapacityBytes:       uint64(v.total_capacity_bytes),
		FreeCapacityBytes:        uint64(v.free_capacity_bytes),
		ProvisionedCapacityBytes: uint64(v.provisioned_capacity_bytes),
		TotalCapacityGB:          float64(v.total_capacity_gb),
		FreeCapacityGB:           float64(v.free_capacity_gb),
		ProvisionedCapacityGB:    float64(v.provisioned_capacity_gb),
		AllocatedCapacityGB:      float64(v.allocated_capacity_gb),
		VolumeBackendName:        C.GoString(v.volume_backend_name),
		VendorName:               C.GoString(v.vendor_name),
		DriverVersion:            C.GoString(v.driver_version),
		StorageProtocol:          C.GoString(v.storage_protocol),
		PoolName:                 C.GoString(v.pool_name),
		MaxOverSubscriptionRatio: C.GoString(v.max_over_subscription_ratio),
		BackendState:             C.GoString(v.backend_state),
		LocationInfo:             C.GoString(v.location_info),
		ZFSSAPoolprofile:         C.GoString(v.zfssa_poolprofile),
		ZFSSAVolblocksize:        C.GoString(v.zfssa_volblocksize),
		ZFSSASparse:              C.GoString(v.zfssa_sparse),
		ZFSSACompression:         C.GoString(v.zfssa_compression),
		ZFSSALogbias:             C.GoString(v.zfssa_logbias),
	}
}

// Volume is a volume: a LUN in the backend's project.
type Volume struct {
	// Block size in bytes.
	BlockSizeBytes uint32 `json:"block_size_bytes"`
	// True when the volume is thin provisioned.
	Sparse bool `json:"sparse"`
	// The property cinder_managed; nil when it is not set.
	Managed *bool `json:"managed"`
	// True when this call created it; false when an earlier call did, and for look-ups.
	Created bool `json:"created"`
	// Size in bytes.
	SizeBytes uint64 `json:"size_bytes"`
	// Bytes of data in the volume, without snapshots.
	UsedBytes uint64 `json:"used_bytes"`
	// Name of the LUN.
	Name string `json:"name"`
	// Pool.
	Pool string `json:"pool"`
	// Project.
	Project string `json:"project"`
	// GUID of the LUN, 32 hexadecimal digits.
	GUID string `json:"guid"`
	// Compression, as the appliance names it.
	Compression string `json:"compression"`
	// Synchronous write bias: latency or throughput.
	Logbias string `json:"logbias"`
	// Target group through which the LUN is presented.
	TargetGroup string `json:"target_group"`
	// Time of creation, UTC, in the appliance's format.
	CreatedAt string `json:"created_at"`
	// Initiator groups to which the LUN is presented; may be none.
	InitiatorGroups []string `json:"initiator_groups"`
	// Origin of a clone; nil for other volumes.
	Origin *Origin `json:"origin"`
	// Encryption, caches, copies and limits, as far as the appliance shows them; empty when it shows
	// none.
	Properties []*VolumeProperty `json:"properties"`
}

func volumeOf(v *C.zfssa_volume_t) *Volume {
	if v == nil {
		return nil
	}
	return &Volume{
		BlockSizeBytes:  uint32(v.block_size_bytes),
		Sparse:          v.sparse != 0,
		Managed:         maybe(v.managed),
		Created:         v.created != 0,
		SizeBytes:       uint64(v.size_bytes),
		UsedBytes:       uint64(v.used_bytes),
		Name:            C.GoString(v.name),
		Pool:            C.GoString(v.pool),
		Project:         C.GoString(v.project),
		GUID:            C.GoString(v.guid),
		Compression:     C.GoString(v.compression),
		Logbias:         C.GoString(v.logbias),
		TargetGroup:     C.GoString(v.target_group),
		CreatedAt:       C.GoString(v.created_at),
		InitiatorGroups: texts(v.initiator_groups, v.initiator_groups_count),
		Origin:          originOf(v.origin),
		Properties:      views(v.properties, v.properties_count, volumePropertyOf),
	}
}

// Origin is the origin of a clone.
type Origin struct {
	// Project of the source.
	Project string `json:"project"`
	// Source volume.
	Volume string `json:"volume"`
	// Snapshot of the source.
	Snapshot string `json:"snapshot"`
}

func originOf(v *C.zfssa_origin_t) *Origin {
	if v == nil {
		return nil
	}
	return &Origin{
		Project:  C.GoString(v.project),
		Volume:   C.GoString(v.volume),
		Snapshot: C.GoString(v.snapshot),
	}
}

// VolumeProperty is a property of a volume.
type VolumeProperty struct {
	// The appliance's name, such as encryption or writelimit, or delete_with_clones for a volume
	// whose type sets it.
	Name string `json:"name"`
	// The value as text: a word, true or false, a count, or bytes per second (0 without a limit).
	Value string `json:"value"`
}

func volumePropertyOf(v *C.zfssa_volume_property_t) *VolumeProperty {
	if v == nil {
		return nil
	}
	return &VolumeProperty{
		Name:  C.GoString(v.name),
		Value: C.GoString(v.value),
	}
}

// DeleteReport is the report of a deletion.
type DeleteReport struct {
	// True when it existed before the call.
	Existed bool `json:"existed"`
}

func deleteReportOf(v *C.zfssa_delete_report_t) *DeleteReport {
	if v == nil {
		return nil
	}
	return &DeleteReport{
		Existed: v.existed != 0,
	}
}

// Volumes is the volumes of the project.
type Volumes struct {
	// The volumes, ordered by name.
	Volumes []*Volume `json:"volumes"`
	// Marker of the next page; empty after the last.
	NextMarker string `json:"next_marker"`
}

func volumesOf(v *C.zfssa_volumes_t) *Volumes {
	if v == nil {
		return nil
	}
	return &Volumes{
		Volumes:    views(v.volumes, v.count, volumeOf),
		NextMarker: C.GoString(v.next_marker),
	}
}

// Snapshot is a snapshot of a volume.
type Snapshot struct {
	// True when this call created it.
	Created bool `json:"created"`
	// Number of clones; the appliance may count a deleted clone for a while.
	Clones uint64 `json:"clones"`
	// Bytes that only this snapshot holds.
	UniqueBytes uint64 `json:"unique_bytes"`
	// Name of the snapshot.
	Name string `json:"name"`
	// Volume of the snapshot.
	Volume string `json:"volume"`
	// Pool.
	Pool string `json:"pool"`
	// Project.
	Project string `json:"project"`
	// Time of creation, UTC, in the appliance's format.
	CreatedAt string `json:"created_at"`
}

func snapshotOf(v *C.zfssa_snapshot_t) *Snapshot {
	if v == nil {
		return nil
	}
	return &Snapshot{
		Created:     v.created != 0,
		Clones:      uint64(v.clones),
		UniqueBytes: uint64(v.unique_bytes),
		Name:        C.GoString(v.name),
		Volume:      C.GoString(v.volume),
		Pool:        C.GoString(v.pool),
		Project:     C.GoString(v.project),
		CreatedAt:   C.GoString(v.created_at),
	}
}

// Snapshots is the snapshots of a volume or of the project.
type Snapshots struct {
	// The snapshots, oldest first.
	Snapshots []*Snapshot `json:"snapshots"`
	// Marker of the next page; empty after the last.
	NextMarker string `json:"next_marker"`
}

func snapshotsOf(v *C.zfssa_snapshots_t) *Snapshots {
	if v == nil {
		return nil
	}
	return &Snapshots{
		Snapshots:  views(v.snapshots, v.count, snapshotOf),
		NextMarker: C.GoString(v.next_marker),
	}
}

// ClonedImage is the report of a volume from an image.
type ClonedImage struct {
	// True when the image was written during this call.
	Transferred bool `json:"transferred"`
	// The volume; nil when the cache declined and the host should create the volume itself.
	Volume *Volume `json:"volume"`
	// Reason why the cache declined; empty when it did not.
	Declined string `json:"declined"`
	// Cache entry from which the volume was cloned; empty when the cache declined.
	CacheEntry string `json:"cache_entry"`
}

func clonedImageOf(v *C.zfssa_cloned_image_t) *ClonedImage {
	if v == nil {
		return nil
	}
	return &ClonedImage{
		Transferred: v.transferred != 0,
		Volume:      volumeOf(v.volume),
		Declined:    C.GoString(v.declined),
		CacheEntry:  C.GoString(v.cache_entry),
	}
}

// Connection is the connection of a host to a volume, as Cinder's connection properties.
type Connection struct {
	// Always false: no discovery is needed.
	TargetDiscovered bool `json:"target_discovered"`
	// LU number for this host.
	TargetLUN uint32 `json:"target_lun"`
	// True when the host may send discards.
	Discard bool `json:"discard"`
	// True when this call presented the volume.
	Changed bool `json:"changed"`
	// Always iscsi.
	DriverVolumeType string `json:"driver_volume_type"`
	// Volume id of the request.
	VolumeID string `json:"volume_id"`
	// First portal, as address:port.
	TargetPortal string `json:"target_portal"`
	// IQN of the target.
	TargetIQN string `json:"target_iqn"`
	// All portals.
	TargetPortals []string `json:"target_portals"`
	// IQN of the target at each portal.
	TargetIQNs []string `json:"target_iqns"`
	// LU number at each portal.
	TargetLUNs []uint32 `json:"target_luns"`
	// Initiator groups through which the volume is presented to the host.
	InitiatorGroups []string `json:"initiator_groups"`
	// CHAP, or empty without authentication.
	AuthMethod string `json:"auth_method"`
	// CHAP name, or empty.
	AuthUsername string `json:"auth_username"`
	// CHAP secret in clear text, or empty.
	AuthPassword Secret `json:"auth_password"`
	// CHAP for authentication of the target by the host, or empty. Set if both host and target have
	// CHAP accounts.
	TargetAuthMethod string `json:"target_auth_method"`
	// CHAP name of the target, or empty.
	TargetAuthUsername string `json:"target_auth_username"`
	// CHAP secret of the target in clear text, or empty.
	TargetAuthPassword Secret `json:"target_auth_password"`
}

func connectionOf(v *C.zfssa_connection_t) *Connection {
	if v == nil {
		return nil
	}
	return &Connection{
		TargetDiscovered:   v.target_discovered != 0,
		TargetLUN:          uint32(v.target_lun),
		Discard:            v.discard != 0,
		Changed:            v.changed != 0,
		DriverVolumeType:   C.GoString(v.driver_volume_type),
		VolumeID:           C.GoString(v.volume_id),
		TargetPortal:       C.GoString(v.target_portal),
		TargetIQN:          C.GoString(v.target_iqn),
		TargetPortals:      texts(v.target_portals, v.paths_count),
		TargetIQNs:         texts(v.target_iqns, v.paths_count),
		TargetLUNs:         numbers(v.target_luns, v.paths_count),
		InitiatorGroups:    texts(v.initiator_groups, v.initiator_groups_count),
		AuthMethod:         C.GoString(v.auth_method),
		AuthUsername:       C.GoString(v.auth_username),
		AuthPassword:       Secret(C.GoString(v.auth_password)),
		TargetAuthMethod:   C.GoString(v.target_auth_method),
		TargetAuthUsername: C.GoString(v.target_auth_username),
		TargetAuthPassword: Secret(C.GoString(v.target_auth_password)),
	}
}

// DetachReport is the report of a terminated connection.
type DetachReport struct {
	// True when the volume is still presented to the host, through a group that had to be kept.
	StillPresented bool `json:"still_presented"`
	// True when this call changed anything.
	Changed bool `json:"changed"`
	// Initiator groups to which the volume is presented now.
	InitiatorGroups []string `json:"initiator_groups"`
}

func detachReportOf(v *C.zfssa_detach_report_t) *DetachReport {
	if v == nil {
		return nil
	}
	return &DetachReport{
		StillPresented:  v.still_presented != 0,
		Changed:         v.changed != 0,
		InitiatorGroups: texts(v.initiator_groups, v.initiator_groups_count),
	}
}

// ManageableList is the list of LUNs or snapshots that could be managed, or a part of it.
type ManageableList struct {
	// Total number of entries.
	Total uint64 `json:"total"`
	// The entries, in the requested order.
	Entries []*ManageableEntry `json:"entries"`
	// Marker of the next page; empty after the last.
	NextMarker string `json:"next_marker"`
}

func manageableListOf(v *C.zfssa_manageable_list_t) *ManageableList {
	if v == nil {
		return nil
	}
	return &ManageableList{
		Total:      uint64(v.total),
		Entries:    views(v.entries, v.count, manageableEntryOf),
		NextMarker: C.GoString(v.next_marker),
	}
}

// ManageableEntry is an existing LUN or snapshot.
type ManageableEntry struct {
	// True when it may be managed safely.
	SafeToManage bool `json:"safe_to_manage"`
	// Size in GiB, rounded up; for a snapshot, that of its volume.
	SizeGiB uint64 `json:"size_gib"`
	// Cinder's source-name: name of the LUN or snapshot.
	Reference string `json:"reference"`
	// For a snapshot, name of its LUN; empty for a LUN.
	SourceReference string `json:"source_reference"`
	// Reason why it may not be managed; empty when it may.
	ReasonNotSafe string `json:"reason_not_safe"`
	// Cinder's id of this volume or snapshot; empty when Cinder does not know it.
	CinderID string `json:"cinder_id"`
	// Further information for operators, as text.
	ExtraInfo string `json:"extra_info"`
}

func manageableEntryOf(v *C.zfssa_manageable_entry_t) *ManageableEntry {
	if v == nil {
		return nil
	}
	return &ManageableEntry{
		SafeToManage:    v.safe_to_manage != 0,
		SizeGiB:         uint64(v.size_gib),
		Reference:       C.GoString(v.reference),
		SourceReference: C.GoString(v.source_reference),
		ReasonNotSafe:   C.GoString(v.reason_not_safe),
		CinderID:        C.GoString(v.cinder_id),
		ExtraInfo:       C.GoString(v.extra_info),
	}
}

// ExistingSize is the size of an existing LUN or snapshot.
type ExistingSize struct {
	// Size in GiB, rounded up.
	SizeGiB uint64 `json:"size_gib"`
	// Size in bytes.
	SizeBytes uint64 `json:"size_bytes"`
}

func existingSizeOf(v *C.zfssa_existing_size_t) *ExistingSize {
	if v == nil {
		return nil
	}
	return &ExistingSize{
		SizeGiB:   uint64(v.size_gib),
		SizeBytes: uint64(v.size_bytes),
	}
}

// ManageReport is the report of a LUN taken under management.
type ManageReport struct {
	// True when this call changed it.
	Changed bool `json:"changed"`
	// Volume as it is now.
	Volume *Volume `json:"volume"`
	// Previous name of the LUN.
	PreviousName string `json:"previous_name"`
	// Initiator groups that lost access to the LUN.
	TakenFrom []string `json:"taken_from"`
	// Snapshots, which prevent the volume from being deleted.
	Snapshots []string `json:"snapshots"`
}

func manageReportOf(v *C.zfssa_manage_report_t) *ManageReport {
	if v == nil {
		return nil
	}
	return &ManageReport{
		Changed:      v.changed != 0,
		Volume:       volumeOf(v.volume),
		PreviousName: C.GoString(v.previous_name),
		TakenFrom:    texts(v.taken_from, v.taken_from_count),
		Snapshots:    texts(v.snapshots, v.snapshots_count),
	}
}

// UnmanageReport is the report of a volume or snapshot released from management.
type UnmanageReport struct {
	// True when this call renamed it.
	Changed bool `json:"changed"`
	// Previous name.
	Name string `json:"name"`
	// New name.
	NewName string `json:"new_name"`
}

func unmanageReportOf(v *C.zfssa_unmanage_report_t) *UnmanageReport {
	if v == nil {
		return nil
	}
	return &UnmanageReport{
		Changed: v.changed != 0,
		Name:    C.GoString(v.name),
		NewName: C.GoString(v.new_name),
	}
}

// ManagedSnapshot is the report of a snapshot taken under management.
type ManagedSnapshot struct {
	// True when this call renamed it.
	Changed bool `json:"changed"`
	// Snapshot as it is now.
	Snapshot *Snapshot `json:"snapshot"`
	// Previous name.
	PreviousName string `json:"previous_name"`
}

func managedSnapshotOf(v *C.zfssa_managed_snapshot_t) *ManagedSnapshot {
	if v == nil {
		return nil
	}
	return &ManagedSnapshot{
		Changed:      v.changed != 0,
		Snapshot:     snapshotOf(v.snapshot),
		PreviousName: C.GoString(v.previous_name),
	}
}

// RetypeReport is the report of a retype.
type RetypeReport struct {
	// True when the volume matches the type now; false when that is impossible in place, and nothing
	// was changed.
	InPlace bool `json:"in_place"`
	// Reason why it is impossible in place; empty otherwise.
	Reason string `json:"reason"`
	// Changes, one sentence each.
	Changes []string `json:"changes"`
	// Volume as it is now.
	Volume *Volume `json:"volume"`
}

func retypeReportOf(v *C.zfssa_retype_report_t) *RetypeReport {
	if v == nil {
		return nil
	}
	return &RetypeReport{
		InPlace: v.in_place != 0,
		Reason:  C.GoString(v.reason),
		Changes: texts(v.changes, v.changes_count),
		Volume:  volumeOf(v.volume),
	}
}

// Migration is the report of a migration.
type Migration struct {
	// True when the volume is at the destination; false when the migration was declined.
	Migrated bool `json:"migrated"`
	// Reason for declining, as a stable name such as no_space; empty when migrated. Any version may
	// add reasons.
	Declined string `json:"declined"`
	// The reason in one sentence; empty when migrated.
	Reason string `json:"reason"`
	// GUID of the volume at the destination; empty when declined.
	GUID string `json:"guid"`
	// Objects that could not be deleted at the source, as text. The volume has moved nevertheless;
	// with a zfssa_state_dir, [Driver.Recover] deletes them later.
	LeftBehind []string `json:"left_behind"`
}

func migrationOf(v *C.zfssa_migration_t) *Migration {
	if v == nil {
		return nil
	}
	return &Migration{
		Migrated:   v.migrated != 0,
		Declined:   C.GoString(v.declined),
		Reason:     C.GoString(v.reason),
		GUID:       C.GoString(v.guid),
		LeftBehind: texts(v.left_behind, v.left_behind_count),
	}
}

// MigratedVolume is the name of a migrated volume.
type MigratedVolume struct {
	// True when this call renamed it.
	Renamed bool `json:"renamed"`
	// Current name.
	Name string `json:"name"`
	// Cinder's _name_id; empty when the volume has its original name.
	NameID string `json:"name_id"`
}

func migratedVolumeOf(v *C.zfssa_migrated_volume_t) *MigratedVolume {
	if v == nil {
		return nil
	}
	return &MigratedVolume{
		Renamed: v.renamed != 0,
		Name:    C.GoString(v.name),
		NameID:  C.GoString(v.name_id),
	}
}

// ProviderInfo is the report on which objects exist, with their provider ids.
type ProviderInfo struct {
	// The existing volumes; the provider id is the GUID of the LUN.
	Volumes []*ProviderID `json:"volumes"`
	// The existing snapshots; the provider id is <GUID of the LUN>@<name>.
	Snapshots []*ProviderID `json:"snapshots"`
	// Cinder's ids of missing volumes.
	MissingVolumes []string `json:"missing_volumes"`
	// Cinder's ids of missing snapshots.
	MissingSnapshots []string `json:"missing_snapshots"`
}

func providerInfoOf(v *C.zfssa_provider_info_t) *ProviderInfo {
	if v == nil {
		return nil
	}
	return &ProviderInfo{
		Volumes:          views(v.volumes, v.volumes_count, providerIDOf),
		Snapshots:        views(v.snapshots, v.snapshots_count, providerIDOf),
		MissingVolumes:   texts(v.missing_volumes, v.missing_volumes_count),
		MissingSnapshots: texts(v.missing_snapshots, v.missing_snapshots_count),
	}
}

// ProviderID is the pair of Cinder's id and the provider id of an object.
type ProviderID struct {
	// Cinder's id.
	ID string `json:"id"`
	// Id on the appliance.
	ProviderID string `json:"provider_id"`
}

func providerIDOf(v *C.zfssa_provider_id_t) *ProviderID {
	if v == nil {
		return nil
	}
	return &ProviderID{
		ID:         C.GoString(v.id),
		ProviderID: C.GoString(v.provider_id),
	}
}

// GroupDeleteReport is the report of the deletion of a group.
type GroupDeleteReport struct {
	// True when all were deleted.
	AllDeleted bool `json:"all_deleted"`
	// The parts, in the order of the request.
	Parts []*DeletedPart `json:"parts"`
}

func groupDeleteReportOf(v *C.zfssa_group_delete_report_t) *GroupDeleteReport {
	if v == nil {
		return nil
	}
	return &GroupDeleteReport{
		AllDeleted: v.all_deleted != 0,
		Parts:      views(v.parts, v.count, deletedPartOf),
	}
}

// DeletedPart is the report of the deletion of one volume or snapshot of a group.
type DeletedPart struct {
	// True when it was deleted.
	Deleted bool `json:"deleted"`
	// True when it existed before the call.
	Existed bool `json:"existed"`
	// Status of the failure; 0 when it was deleted.
	Status Status `json:"status"`
	// Name of the volume, or volume@snapshot.
	Name string `json:"name"`
	// Reason of the failure; empty when it was deleted.
	Error string `json:"error"`
}

func deletedPartOf(v *C.zfssa_deleted_part_t) *DeletedPart {
	if v == nil {
		return nil
	}
	return &DeletedPart{
		Deleted: v.deleted != 0,
		Existed: v.existed != 0,
		Status:  Status(v.status),
		Name:    C.GoString(v.name),
		Error:   C.GoString(v.error),
	}
}

// RecoverReport is the report of a recovery.
type RecoverReport struct {
	// The interrupted operations.
	Recovered []*RecoveredFlow `json:"recovered"`
	// The files that were not recovered.
	Findings []*JournalFinding `json:"findings"`
}

func recoverReportOf(v *C.zfssa_recover_report_t) *RecoverReport {
	if v == nil {
		return nil
	}
	return &RecoverReport{
		Recovered: views(v.recovered, v.recovered_count, recoveredFlowOf),
		Findings:  views(v.findings, v.findings_count, journalFindingOf),
	}
}

// Recovery is the type of [RecoveredFlow.Settled]. Later versions of the library may add values.
type Recovery uint32

// Values of [RecoveredFlow.Settled].
const (
	// RecoveryFinished: the operation was completed.
	RecoveryFinished Recovery = 0
	// RecoveryRolledBack: the operation was rolled back.
	RecoveryRolledBack Recovery = 1
	// RecoveryFailed: neither was possible now. The journal stays, and recovery can be repeated.
	RecoveryFailed Recovery = 2
	// RecoveryInDoubt: a request without response may still be carried out, for the time of
	// zfssa_late_request_timeout. The journal stays; repeat the recovery after that time.
	RecoveryInDoubt Recovery = 3
)

// String returns the name of the value in capitals, or UNKNOWN.
func (v Recovery) String() string {
	switch v {
	case RecoveryFinished:
		return "FINISHED"
	case RecoveryRolledBack:
		return "ROLLED_BACK"
	case RecoveryFailed:
		return "FAILED"
	case RecoveryInDoubt:
		return "IN_DOUBT"
	}
	return "UNKNOWN"
}

// RecoveredFlow is an interrupted operation of a dead process.
type RecoveredFlow struct {
	// One of the constants.
	Settled Recovery `json:"settled"`
	// Kind of operation.
	Flow string `json:"flow"`
	// Object of the operation.
	Object string `json:"object"`
	// Id of the operation.
	Operation string `json:"operation"`
	// Outcome, in one sentence.
	Message string `json:"message"`
}

func recoveredFlowOf(v *C.zfssa_recovered_flow_t) *RecoveredFlow {
	if v == nil {
		return nil
	}
	return &RecoveredFlow{
		Settled:   Recovery(v.settled),
		Flow:      C.GoString(v.flow),
		Object:    C.GoString(v.object),
		Operation: C.GoString(v.operation),
		Message:   C.GoString(v.message),
	}
}

// JournalFindingKind is the type of [JournalFinding.Kind]. Later versions of the library may add
// values.
type JournalFindingKind uint32

// Values of [JournalFinding.Kind].
const (
	// JournalFindingBusy: a live process uses the journal.
	JournalFindingBusy JournalFindingKind = 0
	// JournalFindingOtherBackend: the journal belongs to another backend, whose setup recovers it.
	JournalFindingOtherBackend JournalFindingKind = 1
	// JournalFindingSetAside: the file is damaged or no journal, and was renamed.
	JournalFindingSetAside JournalFindingKind = 2
	// JournalFindingFailed: the file could not be read or renamed.
	JournalFindingFailed JournalFindingKind = 3
)

// String returns the name of the value in capitals, or UNKNOWN.
func (v JournalFindingKind) String() string {
	switch v {
	case JournalFindingBusy:
		return "BUSY"
	case JournalFindingOtherBackend:
		return "OTHER_BACKEND"
	case JournalFindingSetAside:
		return "SET_ASIDE"
	case JournalFindingFailed:
		return "FAILED"
	}
	return "UNKNOWN"
}

// JournalFinding is a file in the journal directory that was not recovered.
type JournalFinding struct {
	// One of the constants.
	Kind JournalFindingKind `json:"kind"`
	// Path of the file, or `etcd:` and the key.
	Path string `json:"path"`
	// Name of the other backend, host and process that work on it, damage or failure; may be empty.
	Detail string `json:"detail"`
}

func journalFindingOf(v *C.zfssa_journal_finding_t) *JournalFinding {
	if v == nil {
		return nil
	}
	return &JournalFinding{
		Kind:   JournalFindingKind(v.kind),
		Path:   C.GoString(v.path),
		Detail: C.GoString(v.detail),
	}
}

// AuditReport is the report of an audit.
type AuditReport struct {
	// Number of deleted objects among the findings.
	Fixed uint32 `json:"fixed"`
	// The objects without owner and the missing objects, ordered by kind and name.
	Findings []*AuditFinding `json:"findings"`
	// Objects that could not be examined, one sentence each. On the first page.
	NotLookedAt []string `json:"not_looked_at"`
	// Marker of the next page; empty after the last.
	NextMarker string `json:"next_marker"`
}

func auditReportOf(v *C.zfssa_audit_report_t) *AuditReport {
	if v == nil {
		return nil
	}
	return &AuditReport{
		Fixed:       uint32(v.fixed),
		Findings:    views(v.findings, v.findings_count, auditFindingOf),
		NotLookedAt: texts(v.not_looked_at, v.not_looked_at_count),
		NextMarker:  C.GoString(v.next_marker),
	}
}

// AuditFinding is an object without owner, or a missing object.
type AuditFinding struct {
	// True when a flag would delete it.
	Fixable bool `json:"fixable"`
	// True when this call deleted it.
	Fixed bool `json:"fixed"`
	// Kind: volume, temporary_snapshot, project_snapshot, snapshot, cache_entry, deferred,
	// migration, temporary_project, replication_action, replication_package, journal, missing_volume
	// or missing_snapshot.
	Kind string `json:"kind"`
	// Name; for a snapshot, volume@snapshot.
	Object string `json:"object"`
	// Details for operators, as text.
	Detail string `json:"detail"`
	// Reason why the deletion failed; empty otherwise.
	Error string `json:"error"`
}

func auditFindingOf(v *C.zfssa_audit_finding_t) *AuditFinding {
	if v == nil {
		return nil
	}
	return &AuditFinding{
		Fixable: v.fixable != 0,
		Fixed:   v.fixed != 0,
		Kind:    C.GoString(v.kind),
		Object:  C.GoString(v.object),
		Detail:  C.GoString(v.detail),
		Error:   C.GoString(v.error),
	}
}

// APIToken is a persistent API token that was created. Its value is in the file only.
type APIToken struct {
	// Its id on the appliance, a UUID.
	ID string `json:"id"`
	// Its name on the appliance, with the suffix of the library.
	Name string `json:"name"`
	// When it expires, as the appliance says it, such as 2020-04-30T03:20:31Z; empty if it does not.
	Expiration string `json:"expiration"`
	// Path of the file that holds it.
	TokenFile string `json:"token_file"`
	// Names of the former tokens that were revoked.
	Revoked []string `json:"revoked"`
}

func aPITokenOf(v *C.zfssa_api_token_t) *APIToken {
	if v == nil {
		return nil
	}
	return &APIToken{
		ID:         C.GoString(v.id),
		Name:       C.GoString(v.name),
		Expiration: C.GoString(v.expiration),
		TokenFile:  C.GoString(v.token_file),
		Revoked:    texts(v.revoked, v.revoked_count),
	}
}
