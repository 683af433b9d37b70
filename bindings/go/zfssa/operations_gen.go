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

// EchoRequest is what [Driver.Echo] takes.
type EchoRequest struct {
	// Comes back as it is: any UTF-8 of up to ZFSSA_MAX_TEXT bytes. Empty: empty.
	Message string `json:"message,omitempty"`
	// How long the operation takes, rounded up to milliseconds.
	Delay time.Duration `json:"-"`
	// The status to fail with; 0 to succeed.
	FailWith Status `json:"fail_with,omitempty"`
}

// Echo waits, then answers with what it was given. Touches no appliance: for tests of hosts and
// bindings.
func (d *Driver) Echo(ctx context.Context, req EchoRequest) (*Echoed, error) {
	a := newArena()
	var args C.zfssa_echo_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.message = a.text("message", req.Message)
	args.delay_ms = C.uint64_t(milliseconds(req.Delay))
	args.fail_with = C.zfssa_status_t(req.FailWith)
	var out *Echoed
	err := d.run(ctx, "echo", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_echo(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_echo(result); v != nil {
				out = echoedOf(v)
			}
		})
	return out, err
}

// GetCertificate fetches the certificate of the appliance without trusting it or logging in, so
// that an operator can compare and pin it.
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

// CheckForSetupError checks everything that an operation will need. The message of
// [ErrSetupIncomplete] lists every finding, and so does that of any other error, as far as it
// could be looked at.
//
// A portal that this host cannot reach within 3 seconds, and an interface on which the target
// does not listen, are warnings: hosts may reach the target all the same.
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

// DoSetup makes what the backend needs and does not find: projects, custom properties,
// initiators, initiator groups, the target and its group. What exists is kept and added to, never
// replaced.
//
// Nothing is undone when a part fails: the error names what was made or changed by then (outcome
// [OutcomePartial], or [OutcomeUnknown] where a change is in doubt), and the same call again goes
// on from there. CHAP secrets cannot be read, so each call sets them.
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

// GetVolumeStats reads the capacity of the backend.
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

// CreateVolumeRequest is what [Driver.CreateVolume] takes.
type CreateVolumeRequest struct {
	// The LUN's name, such as volume-<uuid>; required.
	Name string `json:"name,omitempty"`
	// The size in GiB, at least 1.
	SizeGiB uint64 `json:"size_gib,omitempty"`
	// The extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of
	// other scopes are passed over. Empty: none.
	ExtraSpecs map[string]string `json:"extra_specs,omitempty"`
}

// CreateVolume creates a volume: a LUN presented to nobody.
//
// May be repeated: a volume of this name, size and kind is answered with Created false; one that
// differs is [ErrVolumeExists].
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

// DeleteVolumeRequest is what [Driver.DeleteVolume] takes.
type DeleteVolumeRequest struct {
	// The LUN's name, such as volume-<uuid>; required.
	Name string `json:"name,omitempty"`
}

// DeleteVolume deletes a volume. One that does not exist is deleted already. One with snapshots
// or clones is [ErrVolumeBusy] and stays untouched: nothing is left to a cascade. Snapshots that
// the appliance made for itself, by a schedule or for replication, go with the volume. The
// temporary snapshot that a clone came from goes with the clone; where a deletion was cut off
// between the two and journals are not kept, deleting the volume once more deletes the snapshot.
func (d *Driver) DeleteVolume(ctx context.Context, req DeleteVolumeRequest) (*Deleted, error) {
	a := newArena()
	var args C.zfssa_delete_volume_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.name = a.text("name", req.Name)
	var out *Deleted
	err := d.run(ctx, "delete_volume", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_delete_volume(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_deleted(result); v != nil {
				out = deletedOf(v)
			}
		})
	return out, err
}

// ExtendVolumeRequest is what [Driver.ExtendVolume] takes.
type ExtendVolumeRequest struct {
	// The LUN's name, such as volume-<uuid>; required.
	Name string `json:"name,omitempty"`
	// The new size in GiB.
	SizeGiB uint64 `json:"size_gib,omitempty"`
}

// ExtendVolume grows a volume. One that is as large or larger already is left as it is: volumes
// never shrink.
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

// GetVolumeRequest is what [Driver.GetVolume] takes.
type GetVolumeRequest struct {
	// The LUN's name, such as volume-<uuid>; required.
	Name string `json:"name,omitempty"`
}

// GetVolume looks one volume up.
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

// ListVolumesRequest is what [Driver.ListVolumes] takes.
type ListVolumesRequest struct {
	// Only names that begin so; empty for all.
	Prefix string `json:"prefix,omitempty"`
}

// ListVolumes lists the volumes of the backend's project.
func (d *Driver) ListVolumes(ctx context.Context, req ListVolumesRequest) ([]*Volume, error) {
	a := newArena()
	var args C.zfssa_list_volumes_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.prefix = a.text("prefix", req.Prefix)
	var out []*Volume
	err := d.run(ctx, "list_volumes", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_list_volumes(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_volumes(result); v != nil {
				out = views(v.volumes, v.count, volumeOf)
			}
		})
	return out, err
}

// CreateSnapshotRequest is what [Driver.CreateSnapshot] takes.
type CreateSnapshotRequest struct {
	// The LUN's name; required.
	Volume string `json:"volume,omitempty"`
	// The snapshot's name, such as snapshot-<uuid>; required.
	Name string `json:"name,omitempty"`
}

// CreateSnapshot takes a snapshot of a volume.
//
// May be repeated: a snapshot of this name on this volume is answered with Created false.
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

// DeleteSnapshotRequest is what [Driver.DeleteSnapshot] takes.
type DeleteSnapshotRequest struct {
	// The LUN's name; required.
	Volume string `json:"volume,omitempty"`
	// The snapshot's name, such as snapshot-<uuid>; required.
	Name string `json:"name,omitempty"`
}

// DeleteSnapshot deletes a snapshot. One that does not exist is deleted already. One with clones
// is [ErrSnapshotBusy] and stays untouched.
func (d *Driver) DeleteSnapshot(ctx context.Context, req DeleteSnapshotRequest) (*Deleted, error) {
	a := newArena()
	var args C.zfssa_delete_snapshot_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.volume = a.text("volume", req.Volume)
	args.name = a.text("name", req.Name)
	var out *Deleted
	err := d.run(ctx, "delete_snapshot", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_delete_snapshot(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_deleted(result); v != nil {
				out = deletedOf(v)
			}
		})
	return out, err
}

// ListSnapshotsRequest is what [Driver.ListSnapshots] takes.
type ListSnapshotsRequest struct {
	// The LUN's name; required unless EveryVolume.
	Volume string `json:"volume,omitempty"`
	// Every volume of the backend's project, in place of Volume.
	EveryVolume bool `json:"every_volume,omitempty"`
}

// ListSnapshots lists the snapshots of one volume, or with one request those of all.
func (d *Driver) ListSnapshots(ctx context.Context, req ListSnapshotsRequest) ([]*Snapshot, error) {
	a := newArena()
	var args C.zfssa_list_snapshots_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.volume = a.oneOrEvery("volume", req.Volume, "EveryVolume", req.EveryVolume)
	var out []*Snapshot
	err := d.run(ctx, "list_snapshots", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_list_snapshots(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_snapshots(result); v != nil {
				out = views(v.snapshots, v.count, snapshotOf)
			}
		})
	return out, err
}

// RevertToSnapshotRequest is what [Driver.RevertToSnapshot] takes.
type RevertToSnapshotRequest struct {
	// The LUN's name; required.
	Volume string `json:"volume,omitempty"`
	// The snapshot's name; required.
	Snapshot string `json:"snapshot,omitempty"`
	// The size in GiB that Cinder knows the volume by; 0: the size that it has.
	SizeGiB uint64 `json:"size_gib,omitempty"`
}

// RevertToSnapshot sets a volume back to what it was when a snapshot was taken, and keeps its
// size. What was written since is lost. Newer snapshots and their clones stand in the way: they
// are named and stay untouched, [ErrRevertBlocked]. One taken in the same second counts as newer.
// A volume that a host sees is [ErrVolumeBusy].
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

// CreateVolumeFromSnapshotRequest is what [Driver.CreateVolumeFromSnapshot] takes.
type CreateVolumeFromSnapshotRequest struct {
	// The new LUN's name; required.
	Name string `json:"name,omitempty"`
	// GiB, at least the size of the snapshot.
	SizeGiB uint64 `json:"size_gib,omitempty"`
	// The volume of the snapshot; required.
	SourceVolume string `json:"source_volume,omitempty"`
	// The snapshot's name; required.
	Snapshot string `json:"snapshot,omitempty"`
	// The extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of
	// other scopes are passed over. Empty: none. The block size of a clone is its source's and
	// cannot be chosen.
	ExtraSpecs map[string]string `json:"extra_specs,omitempty"`
}

// CreateVolumeFromSnapshot makes a volume from a snapshot, grown to its size where that is
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

// CreateClonedVolumeRequest is what [Driver.CreateClonedVolume] takes.
type CreateClonedVolumeRequest struct {
	// The new LUN's name; required.
	Name string `json:"name,omitempty"`
	// The new volume's Cinder id, which names the temporary snapshot tmp-snapshot-<id>. Empty: taken
	// from the name, without the prefix volume-.
	ID string `json:"id,omitempty"`
	// GiB, at least the size of the source.
	SizeGiB uint64 `json:"size_gib,omitempty"`
	// The source LUN's name; required.
	SourceVolume string `json:"source_volume,omitempty"`
	// The extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of
	// other scopes are passed over. Empty: none.
	ExtraSpecs map[string]string `json:"extra_specs,omitempty"`
}

// CreateClonedVolume makes a volume from another volume, by way of a temporary snapshot that
// lives as long as the new volume does.
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

// CloneImageRequest is what [Driver.CloneImage] takes.
type CloneImageRequest struct {
	// The new LUN's name; required.
	Name string `json:"name,omitempty"`
	// GiB, at least the cache entry's size: the image's, rounded up, and one more where it is a
	// whole number of GiB.
	SizeGiB uint64 `json:"size_gib,omitempty"`
	// The image's id, which names its cache entry; required.
	ImageID string `json:"image_id,omitempty"`
	// When the image was last updated, in whatever form, as long as it is always the same; required.
	ImageUpdatedAt string `json:"image_updated_at,omitempty"`
	// Bytes of the disk that the image holds; not 0.
	ImageVirtualSize uint64 `json:"image_virtual_size,omitempty"`
	// The iSCSI name of the host that writes the image; required.
	Initiator string `json:"initiator,omitempty"`
	// The extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of
	// other scopes are passed over. Empty: none.
	ExtraSpecs map[string]string `json:"extra_specs,omitempty"`
	// The image's file, to be written by qemu-img over iSCSI from user space; its absolute path.
	// Empty: the host transfers.
	ImagePath string `json:"image_path,omitempty"`
	// With ImagePath: raw, qcow2 or vmdk, which is never guessed. Empty without.
	ImageFormat string `json:"image_format,omitempty"`
	// With ImagePath: the program. Empty: qemu-img, looked for in PATH.
	QemuImg string `json:"qemu_img,omitempty"`
}

// CloneImage makes a volume from an image, by way of the cache. The first volume of an image has
// the image written; those after it are clones. That the cache declines is no failure.
//
// A transfer that fails, is cancelled or runs out of time leaves no cache entry. While the host
// transfers, the operation waits for its word as long as its time limit lets it, so give it one
// that suits the image.
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

// InitializeConnectionRequest is what [Driver.InitializeConnection] takes.
type InitializeConnectionRequest struct {
	// The LUN's name; required.
	Volume string `json:"volume,omitempty"`
	// Cinder's id of the volume, handed back in the connection; empty: the name.
	VolumeID string `json:"volume_id,omitempty"`
	// The host's iSCSI name; required.
	Initiator string `json:"initiator,omitempty"`
}

// InitializeConnection presents a volume to the host of an initiator, beside the hosts that have
// it already.
func (d *Driver) InitializeConnection(ctx context.Context, req InitializeConnectionRequest) (*Connection, error) {
	a := newArena()
	var args C.zfssa_initialize_connection_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.volume = a.text("volume", req.Volume)
	args.volume_id = a.text("volume_id", req.VolumeID)
	args.initiator = a.text("initiator", req.Initiator)
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

// TerminateConnectionRequest is what [Driver.TerminateConnection] takes.
type TerminateConnectionRequest struct {
	// The LUN's name; required.
	Volume string `json:"volume,omitempty"`
	// The host's iSCSI name; required unless EveryHost.
	Initiator string `json:"initiator,omitempty"`
	// Every host, in place of Initiator.
	EveryHost bool `json:"every_host,omitempty"`
	// With the flag ZFSSA_TERMINATE_STILL_ATTACHED: the initiators that still use the volume and
	// must keep it; Initiator too where its host has the volume attached once more. Without: not
	// known; then a group that holds other initiators too keeps the volume.
	StillAttached []string `json:"still_attached,omitempty"`
}

// TerminateConnection takes a volume away from one host, or from all, and from nobody else.
func (d *Driver) TerminateConnection(ctx context.Context, req TerminateConnectionRequest) (*Detached, error) {
	a := newArena()
	var args C.zfssa_terminate_connection_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.volume = a.text("volume", req.Volume)
	args.initiator = a.oneOrEvery("initiator", req.Initiator, "EveryHost", req.EveryHost)
	args.still_attached, args.still_attached_count = a.texts("still_attached", req.StillAttached)
	if req.StillAttached != nil {
		args.flags |= C.ZFSSA_TERMINATE_STILL_ATTACHED
	}
	var out *Detached
	err := d.run(ctx, "terminate_connection", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_terminate_connection(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_detached(result); v != nil {
				out = detachedOf(v)
			}
		})
	return out, err
}

// CreateExportRequest is what [Driver.CreateExport] takes.
type CreateExportRequest struct {
	// The LUN's name; required.
	Volume string `json:"volume,omitempty"`
}

// CreateExport prepares a volume for attachment. The appliance needs nothing: no request is sent.
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

// EnsureExportRequest is what [Driver.EnsureExport] takes.
type EnsureExportRequest struct {
	// The LUN's name; required.
	Volume string `json:"volume,omitempty"`
}

// EnsureExport called by Cinder for each volume in use at its start. No request is sent.
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

// RemoveExportRequest is what [Driver.RemoveExport] takes.
type RemoveExportRequest struct {
	// The LUN's name; required.
	Volume string `json:"volume,omitempty"`
}

// RemoveExport undoes [Driver.CreateExport]. No request is sent.
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

// Known is a volume or snapshot that the host knows.
type Known struct {
	// Cinder's id; required.
	ID string `json:"id"`
	// The name on the appliance; required.
	Name string `json:"name"`
}

func (g *Known) fill(a *arena, c *C.zfssa_known_t) {
	c.id = a.text("id", g.ID)
	c.name = a.text("name", g.Name)
}

// GetManageableVolumesRequest is what [Driver.GetManageableVolumes] takes.
type GetManageableVolumesRequest struct {
	// Begin after the entry with this reference; empty: at the beginning. An entry that is not there
	// is an error.
	Marker string `json:"marker,omitempty"`
	// At most so many entries; 0: all.
	Limit uint32 `json:"limit,omitempty"`
	// Pass over so many entries, counted from the beginning or the marker.
	Offset uint32 `json:"offset,omitempty"`
	// The volumes that Cinder has on this backend.
	CinderVolumes []Known `json:"cinder_volumes,omitempty"`
	// reference or size, the most important first; empty: reference.
	SortKeys []string `json:"sort_keys,omitempty"`
	// asc or desc for each key; where one is missing, the last one given, or asc.
	SortDirs []string `json:"sort_dirs,omitempty"`
}

// GetManageableVolumes lists the LUNs of the backend's project and says of each whether it may be
// managed.
func (d *Driver) GetManageableVolumes(ctx context.Context, req GetManageableVolumesRequest) (*Manageable, error) {
	a := newArena()
	var args C.zfssa_get_manageable_volumes_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.marker = a.text("marker", req.Marker)
	args.limit = C.uint32_t(req.Limit)
	args.offset = C.uint32_t(req.Offset)
	args.cinder_volumes, args.cinder_volumes_count = array(&a, req.CinderVolumes, (*Known).fill)
	args.sort_keys, args.sort_keys_count = a.texts("sort_keys", req.SortKeys)
	args.sort_dirs, args.sort_dirs_count = a.texts("sort_dirs", req.SortDirs)
	var out *Manageable
	err := d.run(ctx, "get_manageable_volumes", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_get_manageable_volumes(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_manageable(result); v != nil {
				out = manageableOf(v)
			}
		})
	return out, err
}

// ManageExistingGetSizeRequest is what [Driver.ManageExistingGetSize] takes.
type ManageExistingGetSizeRequest struct {
	// The LUN's name, Cinder's source-name; empty: told by its id.
	SourceName string `json:"source_name,omitempty"`
	// The LUN's globally unique id, 32 hexadecimal digits; empty: told by its name. Where both are
	// given, both must fit.
	SourceGUID string `json:"source_guid,omitempty"`
}

// ManageExistingGetSize says how large an existing LUN is. Cinder asks before it calls
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

// ManageExistingRequest is what [Driver.ManageExisting] takes.
type ManageExistingRequest struct {
	// Leaves the hosts that see the LUN as they are.
	KeepPresentation bool `json:"keep_presentation,omitempty"`
	// The volume's name, such as volume-<uuid>; required.
	Name string `json:"name,omitempty"`
	// The LUN's name, Cinder's source-name; empty: told by its id.
	SourceName string `json:"source_name,omitempty"`
	// The LUN's globally unique id, 32 hexadecimal digits; empty: told by its name. Where both are
	// given, both must fit.
	SourceGUID string `json:"source_guid,omitempty"`
	// The extra specs of the volume type. What a key zfssa:* says must be so; the defaults of the
	// backend do not matter here. Empty: none.
	ExtraSpecs map[string]string `json:"extra_specs,omitempty"`
}

// ManageExisting takes an existing LUN under management: it gets the volume's name and the
// property cinder_managed, and nobody sees it any more, in one change. Refused is a LUN that is
// managed already, one that the option zfssa_manage_policy does not allow, and one that is not
// what the volume type says. Its snapshots are named, since they keep the volume from being
// deleted.
//
// May be repeated: a LUN that has the name and is managed is answered with Changed false.
func (d *Driver) ManageExisting(ctx context.Context, req ManageExistingRequest) (*Managed, error) {
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
	var out *Managed
	err := d.run(ctx, "manage_existing", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_manage_existing(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_managed(result); v != nil {
				out = managedOf(v)
			}
		})
	return out, err
}

// UnmanageRequest is what [Driver.Unmanage] takes.
type UnmanageRequest struct {
	// The volume's name; required.
	Name string `json:"name,omitempty"`
}

// Unmanage lets a volume go: its LUN stays, is called unmanaged-<name>, and can be managed again.
func (d *Driver) Unmanage(ctx context.Context, req UnmanageRequest) (*Unmanaged, error) {
	a := newArena()
	var args C.zfssa_unmanage_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.name = a.text("name", req.Name)
	var out *Unmanaged
	err := d.run(ctx, "unmanage", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_unmanage(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_unmanaged(result); v != nil {
				out = unmanagedOf(v)
			}
		})
	return out, err
}

// GetManageableSnapshotsRequest is what [Driver.GetManageableSnapshots] takes.
type GetManageableSnapshotsRequest struct {
	// Begin after the entry with this reference; empty: at the beginning. An entry that is not there
	// is an error.
	Marker string `json:"marker,omitempty"`
	// At most so many entries; 0: all.
	Limit uint32 `json:"limit,omitempty"`
	// Pass over so many entries, counted from the beginning or the marker.
	Offset uint32 `json:"offset,omitempty"`
	// The snapshots that Cinder has on this backend.
	CinderSnapshots []Known `json:"cinder_snapshots,omitempty"`
	// reference or size, the most important first; empty: reference.
	SortKeys []string `json:"sort_keys,omitempty"`
	// asc or desc for each key; where one is missing, the last one given, or asc.
	SortDirs []string `json:"sort_dirs,omitempty"`
}

// GetManageableSnapshots lists the snapshots in the backend's project and says of each whether it
// may be managed. As snapshots of two volumes may have one name, the marker may also be
// <volume>@<snapshot>.
func (d *Driver) GetManageableSnapshots(ctx context.Context, req GetManageableSnapshotsRequest) (*Manageable, error) {
	a := newArena()
	var args C.zfssa_get_manageable_snapshots_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.marker = a.text("marker", req.Marker)
	args.limit = C.uint32_t(req.Limit)
	args.offset = C.uint32_t(req.Offset)
	args.cinder_snapshots, args.cinder_snapshots_count = array(&a, req.CinderSnapshots, (*Known).fill)
	args.sort_keys, args.sort_keys_count = a.texts("sort_keys", req.SortKeys)
	args.sort_dirs, args.sort_dirs_count = a.texts("sort_dirs", req.SortDirs)
	var out *Manageable
	err := d.run(ctx, "get_manageable_snapshots", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_get_manageable_snapshots(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_manageable(result); v != nil {
				out = manageableOf(v)
			}
		})
	return out, err
}

// ManageExistingSnapshotGetSizeRequest is what [Driver.ManageExistingSnapshotGetSize] takes.
type ManageExistingSnapshotGetSizeRequest struct {
	// The LUN's name; required.
	Volume string `json:"volume,omitempty"`
	// The name that the snapshot has, Cinder's source-name; required.
	SourceName string `json:"source_name,omitempty"`
}

// ManageExistingSnapshotGetSize says how large a volume made from an existing snapshot would be:
// as large as its volume is now.
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

// ManageExistingSnapshotRequest is what [Driver.ManageExistingSnapshot] takes.
type ManageExistingSnapshotRequest struct {
	// The LUN's name; required.
	Volume string `json:"volume,omitempty"`
	// The name that it gets, such as snapshot-<uuid>; required.
	Name string `json:"name,omitempty"`
	// The name that the snapshot has, Cinder's source-name; required.
	SourceName string `json:"source_name,omitempty"`
}

// ManageExistingSnapshot takes a snapshot of a volume under management: it gets the name that
// Cinder will look for. Refused is one whose name says that it belongs to Cinder or to a clone
// already.
//
// May be repeated: where the old name is gone and the new one is there, Changed is 0.
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

// UnmanageSnapshotRequest is what [Driver.UnmanageSnapshot] takes.
type UnmanageSnapshotRequest struct {
	// The LUN's name; required.
	Volume string `json:"volume,omitempty"`
	// The snapshot's name; required.
	Name string `json:"name,omitempty"`
}

// UnmanageSnapshot lets a snapshot go: it stays, is called unmanaged-<name>, and can be managed
// again.
func (d *Driver) UnmanageSnapshot(ctx context.Context, req UnmanageSnapshotRequest) (*Unmanaged, error) {
	a := newArena()
	var args C.zfssa_unmanage_snapshot_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.volume = a.text("volume", req.Volume)
	args.name = a.text("name", req.Name)
	var out *Unmanaged
	err := d.run(ctx, "unmanage_snapshot", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_unmanage_snapshot(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_unmanaged(result); v != nil {
				out = unmanagedOf(v)
			}
		})
	return out, err
}

// RetypeRequest is what [Driver.Retype] takes.
type RetypeRequest struct {
	// The LUN's name; required.
	Name string `json:"name,omitempty"`
	// The extra specs of the new volume type. Empty: none.
	ExtraSpecs map[string]string `json:"extra_specs,omitempty"`
}

// Retype makes a volume what a new volume of the type would be, as far as that is possible in
// place: compression, write bias and provisioning. The block size cannot be changed: InPlace is 0
// then, and nothing was changed.
func (d *Driver) Retype(ctx context.Context, req RetypeRequest) (*Retyped, error) {
	a := newArena()
	var args C.zfssa_retype_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.name = a.text("name", req.Name)
	args.extra_specs, args.extra_specs_count = a.pairs("extra_specs", req.ExtraSpecs)
	var out *Retyped
	err := d.run(ctx, "retype", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_retype(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_retyped(result); v != nil {
				out = retypedOf(v)
			}
		})
	return out, err
}

// MigrateVolumeRequest is what [Driver.MigrateVolume] takes.
type MigrateVolumeRequest struct {
	// The LUN's name; required.
	Name string `json:"name,omitempty"`
	// location_info among the capabilities of the destination, as [Driver.GetVolumeStats] or the
	// former driver gives it there. Empty: it has none, which is a reason to decline.
	LocationInfo Secret `json:"location_info,omitempty"`
	// Cinder's status of the volume; empty: it has none.
	Status string `json:"status,omitempty"`
	// vendor_name among the capabilities of the destination; empty: it is known to be right.
	VendorName string `json:"vendor_name,omitempty"`
	// storage_protocol among them; empty: it is known to be right.
	StorageProtocol string `json:"storage_protocol,omitempty"`
	// The user on the destination; empty: the option zfssa_migration_destinations names it. Recovery
	// after a crash knows the option alone.
	Login string `json:"login,omitempty"`
	// The user's password; empty without a login. It is copied and the copy wiped after use.
	Password Secret `json:"password,omitempty"`
}

// MigrateVolume moves a volume to another appliance by replication; under its name it is a volume
// of the backend there. Where that cannot be done it declines, which is a result and not an
// error: copy the bytes then. After an error the volume is where it was, unless the outcome says
// otherwise. It takes the time that the data take, so give a time limit that fits the volume.
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

// UpdateMigratedVolumeRequest is what [Driver.UpdateMigratedVolume] takes.
type UpdateMigratedVolumeRequest struct {
	// The name of the volume that was migrated; required.
	OriginalName string `json:"original_name,omitempty"`
	// The name that the copy on this backend has; required.
	CurrentName string `json:"current_name,omitempty"`
	// Cinder's id of the copy; empty: taken from its name.
	CurrentID string `json:"current_id,omitempty"`
	// The GUID of the copy, as its provider id says; empty: not known.
	CurrentGUID string `json:"current_guid,omitempty"`
}

// UpdateMigratedVolume gives a volume that was migrated to this backend the name of the volume
// that it replaces. Where that name is taken, the volume keeps its own, and NameID says so. May
// be repeated where the GUID is given.
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

// KnownSnapshot is a snapshot that the host knows.
type KnownSnapshot struct {
	// Cinder's id; required.
	ID string `json:"id"`
	// The name on the appliance; required.
	Name string `json:"name"`
	// The name of its volume on the appliance; required.
	Volume string `json:"volume"`
}

func (g *KnownSnapshot) fill(a *arena, c *C.zfssa_known_snapshot_t) {
	c.id = a.text("id", g.ID)
	c.name = a.text("name", g.Name)
	c.volume = a.text("volume", g.Volume)
}

// UpdateProviderInfoRequest is what [Driver.UpdateProviderInfo] takes.
type UpdateProviderInfoRequest struct {
	// Volumes on this backend.
	Volumes []Known `json:"volumes,omitempty"`
	// Snapshots on this backend.
	Snapshots []KnownSnapshot `json:"snapshots,omitempty"`
}

// UpdateProviderInfo says which of the volumes and snapshots that Cinder knows exist, and by
// which ids the appliance knows them.
func (d *Driver) UpdateProviderInfo(ctx context.Context, req UpdateProviderInfoRequest) (*ProviderInfo, error) {
	a := newArena()
	var args C.zfssa_update_provider_info_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.volumes, args.volumes_count = array(&a, req.Volumes, (*Known).fill)
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

// CreateGroupRequest is what [Driver.CreateGroup] takes.
type CreateGroupRequest struct {
	// Cinder's id; required.
	ID string `json:"id,omitempty"`
}

// CreateGroup makes a group. The appliance needs nothing: no request is sent.
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

// UpdateGroupRequest is what [Driver.UpdateGroup] takes.
type UpdateGroupRequest struct {
	// Cinder's id; required.
	ID string `json:"id,omitempty"`
	// The names of volumes that are added.
	AddVolumes []string `json:"add_volumes,omitempty"`
	// The names of volumes that are taken out.
	RemoveVolumes []string `json:"remove_volumes,omitempty"`
}

// UpdateGroup adds volumes to a group and takes others out. Nothing is changed on the appliance;
// volumes that are added must exist.
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

// DeleteGroupRequest is what [Driver.DeleteGroup] takes.
type DeleteGroupRequest struct {
	// Cinder's id; required.
	ID string `json:"id,omitempty"`
	// The names of its volumes.
	Volumes []string `json:"volumes,omitempty"`
}

// DeleteGroup deletes the volumes of a group, clones within it first, and says of each what
// became of it.
func (d *Driver) DeleteGroup(ctx context.Context, req DeleteGroupRequest) (*GroupDeleted, error) {
	a := newArena()
	var args C.zfssa_delete_group_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.id = a.text("id", req.ID)
	args.volumes, args.volumes_count = a.texts("volumes", req.Volumes)
	var out *GroupDeleted
	err := d.run(ctx, "delete_group", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_delete_group(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_group_deleted(result); v != nil {
				out = groupDeletedOf(v)
			}
		})
	return out, err
}

// GroupMember is a volume of a group, and its snapshot.
type GroupMember struct {
	// The LUN's name; required.
	Volume string `json:"volume"`
	// The snapshot's name; required.
	Snapshot string `json:"snapshot"`
}

func (g *GroupMember) fill(a *arena, c *C.zfssa_group_member_t) {
	c.volume = a.text("volume", g.Volume)
	c.snapshot = a.text("snapshot", g.Snapshot)
}

// CreateGroupSnapshotRequest is what [Driver.CreateGroupSnapshot] takes.
type CreateGroupSnapshotRequest struct {
	// Cinder's id; required.
	ID string `json:"id,omitempty"`
	// The volumes and their snapshots.
	Members []GroupMember `json:"members,omitempty"`
}

// CreateGroupSnapshot takes a snapshot of all volumes of a group at one instant, or none at all.
// May be repeated under one id.
func (d *Driver) CreateGroupSnapshot(ctx context.Context, req CreateGroupSnapshotRequest) ([]*Snapshot, error) {
	a := newArena()
	var args C.zfssa_create_group_snapshot_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.id = a.text("id", req.ID)
	args.members, args.members_count = array(&a, req.Members, (*GroupMember).fill)
	var out []*Snapshot
	err := d.run(ctx, "create_group_snapshot", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_create_group_snapshot(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_snapshots(result); v != nil {
				out = views(v.snapshots, v.count, snapshotOf)
			}
		})
	return out, err
}

// DeleteGroupSnapshotRequest is what [Driver.DeleteGroupSnapshot] takes.
type DeleteGroupSnapshotRequest struct {
	// Cinder's id; required.
	ID string `json:"id,omitempty"`
	// The volumes and their snapshots.
	Members []GroupMember `json:"members,omitempty"`
}

// DeleteGroupSnapshot deletes the snapshots of a group, and says of each what became of it.
func (d *Driver) DeleteGroupSnapshot(ctx context.Context, req DeleteGroupSnapshotRequest) (*GroupDeleted, error) {
	a := newArena()
	var args C.zfssa_delete_group_snapshot_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.id = a.text("id", req.ID)
	args.members, args.members_count = array(&a, req.Members, (*GroupMember).fill)
	var out *GroupDeleted
	err := d.run(ctx, "delete_group_snapshot", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_delete_group_snapshot(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_group_deleted(result); v != nil {
				out = groupDeletedOf(v)
			}
		})
	return out, err
}

// GroupClone is a volume of a new group.
type GroupClone struct {
	// The new LUN's name; required.
	Name string `json:"name"`
	// The source LUN's name; required.
	SourceVolume string `json:"source_volume"`
	// The source's snapshot. Empty: the source as it is now, at one instant with all others.
	Snapshot string `json:"snapshot"`
	// GiB, at least the source's size.
	SizeGiB uint64 `json:"size_gib"`
	// The extra specs of the volume type. Empty: none.
	ExtraSpecs map[string]string `json:"extra_specs"`
}

func (g *GroupClone) fill(a *arena, c *C.zfssa_group_clone_t) {
	c.name = a.text("name", g.Name)
	c.source_volume = a.text("source_volume", g.SourceVolume)
	c.snapshot = a.text("snapshot", g.Snapshot)
	c.size_gib = C.uint64_t(g.SizeGiB)
	c.extra_specs, c.extra_specs_count = a.pairs("extra_specs", g.ExtraSpecs)
}

// CreateGroupFromSrcRequest is what [Driver.CreateGroupFromSrc] takes.
type CreateGroupFromSrcRequest struct {
	// Cinder's id; required.
	ID string `json:"id,omitempty"`
	// The volumes of the new group.
	Volumes []GroupClone `json:"volumes,omitempty"`
}

// CreateGroupFromSrc makes the volumes of a group from the snapshots of another, or from its
// volumes at one instant. All or none.
func (d *Driver) CreateGroupFromSrc(ctx context.Context, req CreateGroupFromSrcRequest) ([]*Volume, error) {
	a := newArena()
	var args C.zfssa_create_group_from_src_args_t
	args.size = C.uint32_t(unsafe.Sizeof(args))
	args.id = a.text("id", req.ID)
	args.volumes, args.volumes_count = array(&a, req.Volumes, (*GroupClone).fill)
	var out []*Volume
	err := d.run(ctx, "create_group_from_src", &a,
		func(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {
			return C.zfssa_create_group_from_src(driver, &args, call, ticket, e)
		},
		func(result *C.zfssa_result_t) {
			if v := C.zfssa_result_volumes(result); v != nil {
				out = views(v.volumes, v.count, volumeOf)
			}
		})
	return out, err
}

// RecoverRequest is what [Driver.Recover] takes.
type RecoverRequest struct {
	// Ids of operations whose processes are dead, whose results the host never got, and whose
	// journals may be lost: what they made is looked for and taken away. Empty: none.
	Operations []string `json:"operations,omitempty"`
}

// Recover finishes or rolls back what processes that died left of their operations.
// [Driver.DoSetup] does it too. May be called at any time and again.
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

// AuditRequest is what [Driver.Audit] takes.
type AuditRequest struct {
	// Deletes temporary snapshots and cached images that nothing depends on, takes migrations back
	// that nobody goes on with, and recovers journals.
	Fix bool `json:"fix,omitempty"`
	// Deletes volumes that the host does not know, too. Refused with an empty list of volumes. A
	// volume is deleted only if it has been one for min_age_s: since it was made, managed, renamed
	// or migrated here. One of which that is not known, such as a volume of the former driver, is
	// reported and never deleted.
	FixVolumes bool `json:"fix_volumes,omitempty"`
	// Passes over nothing, however young.
	AnyAge bool `json:"any_age,omitempty"`
	// The names of all volumes that the host has on this backend.
	Volumes []string `json:"volumes,omitempty"`
	// The names of all snapshots that the host has on this backend.
	Snapshots []string `json:"snapshots,omitempty"`
	// Seconds; what is younger is passed over. 0: an hour.
	MinAgeS uint64 `json:"min_age_s,omitempty"`
}

// Audit looks for objects without an owner: volumes, snapshots, cached images, leftovers of
// migrations, journals. Without flags nothing is changed. With them only that is deleted which
// carries the engine's mark and has nothing that depends on it.
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
	args.min_age_s = C.uint64_t(req.MinAgeS)
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

// Echoed is what was echoed.
type Echoed struct {
	// The message.
	Message string `json:"message"`
}

func echoedOf(v *C.zfssa_echoed_t) *Echoed {
	if v == nil {
		return nil
	}
	return &Echoed{
		Message: C.GoString(v.message),
	}
}

// Certificate is the certificate that the appliance showed.
type Certificate struct {
	// SHA-256 of the certificate, pairs of upper-case hexadecimal digits with colons: the form that
	// the option zfssa_tls_pins takes and "openssl x509 -fingerprint -sha256" prints.
	SHA256 string `json:"sha256"`
	// The certificate in PEM.
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

// CheckReport is what a check found that does not stop the backend.
type CheckReport struct {
	// One sentence each.
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

// SetupReport is what the setup found and did.
type SetupReport struct {
	// The node name of the appliance.
	Appliance string `json:"appliance"`
	// The version of its software.
	SoftwareVersion string `json:"software_version"`
	// The iSCSI name of the target that presents the volumes.
	TargetIQN string `json:"target_iqn"`
	// The portals, address:port.
	TargetPortals []string `json:"target_portals"`
	// What was made or changed, one sentence each; none when all was ready.
	Changes []string `json:"changes"`
	// What works and should be looked at, one sentence each.
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

// VolumeStats is what Cinder's get_volume_stats reports.
type VolumeStats struct {
	// Percent kept back.
	ReservedPercentage uint32 `json:"reserved_percentage"`
	// True when new volumes are thin.
	ThinProvisioningSupport bool `json:"thin_provisioning_support"`
	// True when new volumes are thick.
	ThickProvisioningSupport bool `json:"thick_provisioning_support"`
	// Always true: hosts are presented side by side.
	Multiattach bool `json:"multiattach"`
	// True when an attached volume may be extended.
	OnlineExtendSupport bool `json:"online_extend_support"`
	// Always false. Cinder's key is QoS_support.
	QoSSupport bool `json:"qos_support"`
	// Always false: a clone is made in the pool of its source.
	CloneAcrossPools bool `json:"clone_across_pools"`
	// How many volumes there are.
	TotalVolumes uint64 `json:"total_volumes"`
	// What the project could hold, free and used, in bytes.
	TotalCapacityBytes uint64 `json:"total_capacity_bytes"`
	// What the project has left, in bytes.
	FreeCapacityBytes uint64 `json:"free_capacity_bytes"`
	// The sum of the volumes' sizes, in bytes.
	ProvisionedCapacityBytes uint64 `json:"provisioned_capacity_bytes"`
	// TotalCapacityBytes in GiB.
	TotalCapacityGB float64 `json:"total_capacity_gb"`
	// FreeCapacityBytes in GiB.
	FreeCapacityGB float64 `json:"free_capacity_gb"`
	// ProvisionedCapacityBytes in GiB.
	ProvisionedCapacityGB float64 `json:"provisioned_capacity_gb"`
	// The same figure, which is what this backend allocated.
	AllocatedCapacityGB float64 `json:"allocated_capacity_gb"`
	// The option volume_backend_name.
	VolumeBackendName string `json:"volume_backend_name"`
	// Always Oracle.
	VendorName string `json:"vendor_name"`
	// The version of this library.
	DriverVersion string `json:"driver_version"`
	// Always iSCSI.
	StorageProtocol string `json:"storage_protocol"`
	// The pool that the scheduler sees.
	PoolName string `json:"pool_name"`
	// The option of this name: a number, or auto.
	MaxOverSubscriptionRatio string `json:"max_over_subscription_ratio"`
	// Always up: when the pool is not served here, the operation fails with [ErrPoolNotOwned], and a
	// host that reports to a scheduler says down.
	BackendState string `json:"backend_state"`
	// Six fields for the migration between backends; that of the credentials is empty.
	LocationInfo string `json:"location_info"`
	// The profile of the pool, such as mirror.
	ZFSSAPoolprofile string `json:"zfssa_poolprofile"`
	// The default block size, in the words of the option.
	ZFSSAVolblocksize string `json:"zfssa_volblocksize"`
	// The default provisioning: True for thin.
	ZFSSASparse string `json:"zfssa_sparse"`
	// The default compression.
	ZFSSACompression string `json:"zfssa_compression"`
	// The default synchronous write bias.
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

// Volume is a volume as the appliance shows it.
type Volume struct {
	// Bytes in a block.
	BlockSizeBytes uint32 `json:"block_size_bytes"`
	// True when it is thin provisioned.
	Sparse bool `json:"sparse"`
	// The property cinder_managed; nil when it is not set.
	Managed *bool `json:"managed"`
	// True when this very call made it; false when an earlier one did, and for look-ups.
	Created bool `json:"created"`
	// Size in bytes.
	SizeBytes uint64 `json:"size_bytes"`
	// Bytes of data that the volume holds now, snapshots excluded.
	UsedBytes uint64 `json:"used_bytes"`
	// The LUN's name.
	Name string `json:"name"`
	// The pool it is in.
	Pool string `json:"pool"`
	// The project it is in.
	Project string `json:"project"`
	// The LUN's globally unique id, 32 hexadecimal digits.
	GUID string `json:"guid"`
	// Compression, in the appliance's words.
	Compression string `json:"compression"`
	// What synchronous writes are tuned for: latency or throughput.
	Logbias string `json:"logbias"`
	// The target group through which it is presented.
	TargetGroup string `json:"target_group"`
	// When it was made, UTC, in the appliance's form.
	CreatedAt string `json:"created_at"`
	// The initiator groups to which it is presented; none when to nobody.
	InitiatorGroups []string `json:"initiator_groups"`
	// What it was cloned from; nil when it is no clone.
	Origin *Origin `json:"origin"`
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
	}
}

// Origin is where a clone came from.
type Origin struct {
	// The project of the source.
	Project string `json:"project"`
	// The source volume.
	Volume string `json:"volume"`
	// The snapshot of the source.
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

// Deleted is what became of a volume or snapshot that should be gone.
type Deleted struct {
	// True when it existed before the call.
	Existed bool `json:"existed"`
}

func deletedOf(v *C.zfssa_deleted_t) *Deleted {
	if v == nil {
		return nil
	}
	return &Deleted{
		Existed: v.existed != 0,
	}
}

// Snapshot is a snapshot as the appliance shows it.
type Snapshot struct {
	// True when this very call took it.
	Created bool `json:"created"`
	// How many clones the appliance counts; the count may lag behind deletions.
	Clones uint64 `json:"clones"`
	// Bytes that this snapshot alone holds.
	UniqueBytes uint64 `json:"unique_bytes"`
	// The snapshot's name.
	Name string `json:"name"`
	// The volume it was taken of.
	Volume string `json:"volume"`
	// The pool it is in.
	Pool string `json:"pool"`
	// The project it is in.
	Project string `json:"project"`
	// When it was taken, UTC, in the appliance's form.
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

// ClonedImage is what became of an image's volume.
type ClonedImage struct {
	// True when this very call had the image written.
	Transferred bool `json:"transferred"`
	// The volume; nil where the cache declines and the host should make the volume itself.
	Volume *Volume `json:"volume"`
	// Why the cache declines; empty when it did not.
	Declined string `json:"declined"`
	// The cache entry that the volume is a clone of; empty when the cache declined.
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

// Connection is how a host reaches a volume, in the words of Cinder's connection properties.
type Connection struct {
	// Always false: the host need not discover.
	TargetDiscovered bool `json:"target_discovered"`
	// The LU number for this host.
	TargetLUN uint32 `json:"target_lun"`
	// True when the host may send discards.
	Discard bool `json:"discard"`
	// True when this very call presented the volume.
	Changed bool `json:"changed"`
	// Always iscsi.
	DriverVolumeType string `json:"driver_volume_type"`
	// As in the request.
	VolumeID string `json:"volume_id"`
	// The first portal, address:port.
	TargetPortal string `json:"target_portal"`
	// The target's iSCSI name.
	TargetIQN string `json:"target_iqn"`
	// Every portal.
	TargetPortals []string `json:"target_portals"`
	// The target's name at each portal.
	TargetIQNs []string `json:"target_iqns"`
	// The LU number at each portal.
	TargetLUNs []uint32 `json:"target_luns"`
	// The initiator groups through which the host sees the volume.
	InitiatorGroups []string `json:"initiator_groups"`
	// CHAP, or empty when the target asks for none.
	AuthMethod string `json:"auth_method"`
	// The CHAP name, or empty.
	AuthUsername string `json:"auth_username"`
	// The CHAP secret in the clear, or empty. Wiped when the result is freed.
	AuthPassword Secret `json:"auth_password"`
	// CHAP for the other direction, or empty when there is none: what the target proves itself with
	// to a host that asks. Given where host and target have accounts of their own.
	TargetAuthMethod string `json:"target_auth_method"`
	// The CHAP name of the target, or empty.
	TargetAuthUsername string `json:"target_auth_username"`
	// The CHAP secret of the target in the clear, or empty. Wiped when the result is freed.
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

// Detached is what is left after a host was taken away.
type Detached struct {
	// True when the host still sees the volume, through a group that had to be kept.
	StillPresented bool `json:"still_presented"`
	// True when this very call changed anything.
	Changed bool `json:"changed"`
	// Every initiator group to which the volume is presented now.
	InitiatorGroups []string `json:"initiator_groups"`
}

func detachedOf(v *C.zfssa_detached_t) *Detached {
	if v == nil {
		return nil
	}
	return &Detached{
		StillPresented:  v.still_presented != 0,
		Changed:         v.changed != 0,
		InitiatorGroups: texts(v.initiator_groups, v.initiator_groups_count),
	}
}

// Manageable is a part of what could be managed.
type Manageable struct {
	// How many there are in all.
	Total uint64 `json:"total"`
	// Pointers to the entries, in the order asked for; empty when there are none.
	Entries []*ManageableEntry `json:"entries"`
}

func manageableOf(v *C.zfssa_manageable_t) *Manageable {
	if v == nil {
		return nil
	}
	return &Manageable{
		Total:   uint64(v.total),
		Entries: views(v.entries, v.count, manageableEntryOf),
	}
}

// ManageableEntry is a LUN or snapshot that exists.
type ManageableEntry struct {
	// True when it may be managed without harm.
	SafeToManage bool `json:"safe_to_manage"`
	// GiB, rounded up; of a snapshot, its volume's size.
	SizeGiB uint64 `json:"size_gib"`
	// Cinder's source-name: the name of the LUN or snapshot.
	Reference string `json:"reference"`
	// Of a snapshot, the name of its LUN; empty for a LUN.
	SourceReference string `json:"source_reference"`
	// Why it may not be managed; empty when it may.
	ReasonNotSafe string `json:"reason_not_safe"`
	// The id of Cinder's volume or snapshot that this is; empty when it is none.
	CinderID string `json:"cinder_id"`
	// What else an operator wants to know, for people.
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

// ExistingSize is how large something is that exists.
type ExistingSize struct {
	// GiB, rounded up.
	SizeGiB uint64 `json:"size_gib"`
	// Bytes.
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

// Managed is what a LUN was and is.
type Managed struct {
	// True when this very call changed it.
	Changed bool `json:"changed"`
	// The volume as it is now.
	Volume *Volume `json:"volume"`
	// The name that the LUN had.
	PreviousName string `json:"previous_name"`
	// The initiator groups that saw it and do not any more.
	TakenFrom []string `json:"taken_from"`
	// The snapshots that keep it from being deleted.
	Snapshots []string `json:"snapshots"`
}

func managedOf(v *C.zfssa_managed_t) *Managed {
	if v == nil {
		return nil
	}
	return &Managed{
		Changed:      v.changed != 0,
		Volume:       volumeOf(v.volume),
		PreviousName: C.GoString(v.previous_name),
		TakenFrom:    texts(v.taken_from, v.taken_from_count),
		Snapshots:    texts(v.snapshots, v.snapshots_count),
	}
}

// Unmanaged is what was let go.
type Unmanaged struct {
	// True when this very call renamed it.
	Changed bool `json:"changed"`
	// The name that it had.
	Name string `json:"name"`
	// The name that it has now.
	NewName string `json:"new_name"`
}

func unmanagedOf(v *C.zfssa_unmanaged_t) *Unmanaged {
	if v == nil {
		return nil
	}
	return &Unmanaged{
		Changed: v.changed != 0,
		Name:    C.GoString(v.name),
		NewName: C.GoString(v.new_name),
	}
}

// ManagedSnapshot is what a snapshot was and is.
type ManagedSnapshot struct {
	// True when this very call renamed it.
	Changed bool `json:"changed"`
	// The snapshot as it is now.
	Snapshot *Snapshot `json:"snapshot"`
	// The name that it had.
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

// Retyped is what became of a retype.
type Retyped struct {
	// True when the volume is what the type says; false when that is not possible in place, and
	// nothing was changed.
	InPlace bool `json:"in_place"`
	// Why not in place; empty when it is.
	Reason string `json:"reason"`
	// What was changed, one sentence each.
	Changes []string `json:"changes"`
	// The volume as it is now.
	Volume *Volume `json:"volume"`
}

func retypedOf(v *C.zfssa_retyped_t) *Retyped {
	if v == nil {
		return nil
	}
	return &Retyped{
		InPlace: v.in_place != 0,
		Reason:  C.GoString(v.reason),
		Changes: texts(v.changes, v.changes_count),
		Volume:  volumeOf(v.volume),
	}
}

// Migration is what became of a migration.
type Migration struct {
	// True when the volume is at the destination now; false when the migration was declined.
	Migrated bool `json:"migrated"`
	// Why it was declined, as a name that never changes, such as no_space; empty when it was not.
	// New ones may come in any version.
	Declined string `json:"declined"`
	// The same in one sentence for people; empty when it was not.
	Reason string `json:"reason"`
	// The GUID that the volume has at the destination; empty when it is not there.
	GUID string `json:"guid"`
	// What could not be taken away at the source, in words for people. The volume has moved all the
	// same, and [Driver.Recover] tries again, where there is a zfssa_state_dir.
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

// MigratedVolume under which name a migrated volume is found.
type MigratedVolume struct {
	// True when this very call renamed it.
	Renamed bool `json:"renamed"`
	// The name that it has.
	Name string `json:"name"`
	// Cinder's _name_id; empty when the volume has the original name.
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

// ProviderInfo is what exists and what does not.
type ProviderInfo struct {
	// Pointers to the volumes that exist; the provider id is the LUN's GUID.
	Volumes []*ProviderID `json:"volumes"`
	// Pointers to the snapshots that exist; the provider id is the LUN's GUID, an @ and the name.
	Snapshots []*ProviderID `json:"snapshots"`
	// Cinder's ids of volumes that do not exist.
	MissingVolumes []string `json:"missing_volumes"`
	// Cinder's ids of snapshots that do not exist.
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

// ProviderID two ids of one object.
type ProviderID struct {
	// Cinder's.
	ID string `json:"id"`
	// The appliance's.
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

// GroupDeleted is what became of each part of a group.
type GroupDeleted struct {
	// True when all are gone.
	AllDeleted bool `json:"all_deleted"`
	// Pointers to the parts, in the order of the request.
	Parts []*DeletedPart `json:"parts"`
}

func groupDeletedOf(v *C.zfssa_group_deleted_t) *GroupDeleted {
	if v == nil {
		return nil
	}
	return &GroupDeleted{
		AllDeleted: v.all_deleted != 0,
		Parts:      views(v.parts, v.count, deletedPartOf),
	}
}

// DeletedPart is what became of one volume or snapshot of a group.
type DeletedPart struct {
	// True when it is gone.
	Deleted bool `json:"deleted"`
	// True when it existed before the call.
	Existed bool `json:"existed"`
	// The status of the failure; 0 when it is gone.
	Status Status `json:"status"`
	// The volume's name, or volume@snapshot.
	Name string `json:"name"`
	// Why it is not gone; empty when it is.
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

// RecoverReport is what was found and done.
type RecoverReport struct {
	// Pointers to the operations that were settled, or should have been.
	Recovered []*Recovered `json:"recovered"`
	// Pointers to the files among the journals that were not acted on.
	Findings []*Finding `json:"findings"`
}

func recoverReportOf(v *C.zfssa_recover_report_t) *RecoverReport {
	if v == nil {
		return nil
	}
	return &RecoverReport{
		Recovered: views(v.recovered, v.recovered_count, recoveredOf),
		Findings:  views(v.findings, v.findings_count, findingOf),
	}
}

// Settled is one of the constants of this type.
type Settled uint32

// What a Settled may be.
const (
	// SettledFinished: all steps of the operation are done.
	SettledFinished Settled = 0
	// SettledRolledBack: none of its steps stands.
	SettledRolledBack Settled = 1
	// SettledFailed: neither was possible now; its journal stays, and recovery can be tried again.
	SettledFailed Settled = 2
	// SettledInDoubt: a request that was not answered may still be carried out, for the time of
	// zfssa_late_request_timeout. Its journal stays, and recovery after that settles it.
	SettledInDoubt Settled = 3
)

// String is the constant in capitals.
func (v Settled) String() string {
	switch v {
	case SettledFinished:
		return "FINISHED"
	case SettledRolledBack:
		return "ROLLED_BACK"
	case SettledFailed:
		return "FAILED"
	case SettledInDoubt:
		return "IN_DOUBT"
	}
	return "UNKNOWN"
}

// Recovered is an operation that a dead process left.
type Recovered struct {
	// One of the constants.
	Settled Settled `json:"settled"`
	// The kind of operation.
	Flow string `json:"flow"`
	// The object that it is about.
	Object string `json:"object"`
	// The id of the operation.
	Operation string `json:"operation"`
	// What became of it, in one sentence.
	Message string `json:"message"`
}

func recoveredOf(v *C.zfssa_recovered_t) *Recovered {
	if v == nil {
		return nil
	}
	return &Recovered{
		Settled:   Settled(v.settled),
		Flow:      C.GoString(v.flow),
		Object:    C.GoString(v.object),
		Operation: C.GoString(v.operation),
		Message:   C.GoString(v.message),
	}
}

// FindingKind is one of the constants of this type.
type FindingKind uint32

// What a FindingKind may be.
const (
	// FindingBusy: a live process works on it.
	FindingBusy FindingKind = 0
	// FindingOtherBackend: it belongs to another backend, which recovers it when it is set up.
	FindingOtherBackend FindingKind = 1
	// FindingSetAside: it is damaged or no journal, and was renamed.
	FindingSetAside FindingKind = 2
	// FindingFailed: it could not be read, or renamed.
	FindingFailed FindingKind = 3
)

// String is the constant in capitals.
func (v FindingKind) String() string {
	switch v {
	case FindingBusy:
		return "BUSY"
	case FindingOtherBackend:
		return "OTHER_BACKEND"
	case FindingSetAside:
		return "SET_ASIDE"
	case FindingFailed:
		return "FAILED"
	}
	return "UNKNOWN"
}

// Finding is a file among the journals that was not acted on.
type Finding struct {
	// One of the constants.
	Kind FindingKind `json:"kind"`
	// The file.
	Path string `json:"path"`
	// The other backend, what is wrong, or the failure; empty where there is nothing to add.
	Detail string `json:"detail"`
}

func findingOf(v *C.zfssa_finding_t) *Finding {
	if v == nil {
		return nil
	}
	return &Finding{
		Kind:   FindingKind(v.kind),
		Path:   C.GoString(v.path),
		Detail: C.GoString(v.detail),
	}
}

// AuditReport is what an audit found.
type AuditReport struct {
	// How many were deleted.
	Fixed uint32 `json:"fixed"`
	// Pointers to what has no owner, or is missing.
	Findings []*AuditFinding `json:"findings"`
	// What could not be looked at, one sentence each.
	NotLookedAt []string `json:"not_looked_at"`
}

func auditReportOf(v *C.zfssa_audit_report_t) *AuditReport {
	if v == nil {
		return nil
	}
	return &AuditReport{
		Fixed:       uint32(v.fixed),
		Findings:    views(v.findings, v.findings_count, auditFindingOf),
		NotLookedAt: texts(v.not_looked_at, v.not_looked_at_count),
	}
}

// AuditFinding is an object without an owner, or an owner without an object.
type AuditFinding struct {
	// True when a flag deletes it.
	Fixable bool `json:"fixable"`
	// True when this very call deleted it.
	Fixed bool `json:"fixed"`
	// volume, temporary_snapshot, project_snapshot, snapshot, cache_entry, migration,
	// temporary_project, replication_action, replication_package, journal, missing_volume or
	// missing_snapshot.
	Kind string `json:"kind"`
	// Its name; a snapshot's is volume@snapshot.
	Object string `json:"object"`
	// What is known of it, for people.
	Detail string `json:"detail"`
	// Why it could not be deleted; empty when it was, or was not to be.
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
