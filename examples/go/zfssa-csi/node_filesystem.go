// File systems of mount volumes, with Kubernetes' mount-utils.

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	mount "k8s.io/mount-utils"
	"k8s.io/utils/exec"
)

// A filesystem is the file system of a mount volume. The volume is mounted in its staging directory
// and from there at each target path.
type filesystem struct {
	Type    string   `json:"type"` // ext4 or xfs
	Options []string `json:"options,omitempty"`
	// ReadOnly is set if the volume's access mode allows no writer.
	ReadOnly bool `json:"readOnly,omitempty"`
}

// mountPoint is the directory below the staging directory at which a mount volume is mounted. The
// staging directory itself holds the record, which the mount would hide.
const mountPoint = "filesystem"

func (s *staged) mountPoint() string { return filepath.Join(s.folder, mountPoint) }

// mountOptions returns the options of the mount in the staging directory.
func (f *filesystem) mountOptions() []string {
	options := slices.Clone(f.Options)
	if f.Type == "xfs" {
		// A clone has the UUID of its source, and xfs refuses to mount both.
		options = append(options, "nouuid")
	}
	if f.ReadOnly {
		options = append(options, "ro")
	}
	return options
}

// mountStaged mounts the block device of a volume in its staging directory. A device that is proven
// empty is formatted first, an existing file system checked, and grown if its device is larger. It
// may be repeated.
//
// A program that writes to the file system is not killed when the call ends, because that could
// damage it. The volume stays locked until it has ended.
func (k *kernel) mountStaged(ctx context.Context, s *staged, block string) error {
	_, err := bounded(ctx, func() (struct{}, error) { return struct{}{}, k.mountDevice(s, block) })
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("volume %s: not mounted yet: %w", s.VolumeID, err)
	}
	return err
}

func (k *kernel) mountDevice(s *staged, block string) error {
	f, point, device := s.Filesystem, s.mountPoint(), filepath.Join(k.dev, block)
	if mounted, err := k.mounter.IsMountPoint(point); err == nil && mounted {
		if has, ok := k.blockAt(point); !ok || has != block {
			return status.Errorf(codes.FailedPrecondition, "%s: device %s is mounted there, expected %s: unstage the volume first", point, has, block)
		}
		return nil
	}
	format, err := k.mounter.GetDiskFormat(device)
	if err != nil {
		return fmt.Errorf("%s: blkid: %w", device, err)
	}
	switch {
	case format == f.Type:
	case format != "":
		return status.Errorf(codes.FailedPrecondition, "volume %s: has a file system or partitions of type %q, expected %s: set fs_type accordingly",
			s.VolumeID, format, f.Type)
	case f.ReadOnly:
		return status.Errorf(codes.FailedPrecondition, "volume %s: has no file system: publish it for writing first", s.VolumeID)
	default:
		if err := provenEmpty(device); err != nil {
			return status.Errorf(codes.FailedPrecondition, "volume %s: not formatted: %v: publish it as a block volume, or erase it with wipefs and blkdiscard",
				s.VolumeID, err)
		}
	}
	if err := os.MkdirAll(point, 0o750); err != nil {
		return err
	}
	if err := k.mounter.FormatAndMount(device, point, f.Type, f.mountOptions()); err != nil {
		return fmt.Errorf("volume %s: %w", s.VolumeID, err)
	}
	if f.ReadOnly {
		return nil
	}
	return k.growFilesystem(device, point)
}

// growFilesystem makes a mounted file system as large as its device. It needs no unmount.
func (k *kernel) growFilesystem(device, point string) error {
	_, err := mount.NewResizeFs(exec.New()).Resize(device, point)
	return err
}

// provenLength is the number of bytes at each end of a device that are read to prove it empty. All
// signatures that blkid knows are there.
const provenLength = 4 << 20

// provenEmpty returns an error unless both ends of a device can be read and are zero, as those of a
// new LUN are. blkid's answer alone is no proof: it is the same for a device that has data of an
// unknown kind, and for one that cannot be read.
func provenEmpty(device string) error {
	file, err := os.Open(device)
	if err != nil {
		return err
	}
	defer file.Close()
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if size == 0 {
		return fmt.Errorf("%s: has no size", device)
	}
	zero, piece := make([]byte, 1<<20), make([]byte, 1<<20)
	for _, part := range []struct{ from, to int64 }{{0, min(size, provenLength)}, {max(0, size-provenLength), size}} {
		for at := part.from; at < part.to; {
			n, err := file.ReadAt(piece[:min(int64(len(piece)), part.to-at)], at)
			if n == 0 || err != nil && !errors.Is(err, io.EOF) {
				return fmt.Errorf("%s: cannot be read at %d: %w", device, at, err)
			}
			if !bytes.Equal(piece[:n], zero[:n]) {
				return fmt.Errorf("%s: has data of an unknown kind near byte %d", device, at)
			}
			at += int64(n)
		}
	}
	return nil
}

// unmount unmounts what is mounted at a path, if anything is, and removes the path. It blocks until
// the file system has written its data.
func (k *kernel) unmount(ctx context.Context, path string) error {
	_, err := bounded(ctx, func() (struct{}, error) {
		return struct{}{}, mount.CleanupMountPoint(path, k.mounter, true)
	})
	if err != nil {
		return fmt.Errorf("%s: unmount: %w", path, err)
	}
	return nil
}

// publishFilesystem bind-mounts the file system of a volume on a target path.
func (k *kernel) publishFilesystem(ctx context.Context, s *staged, target string, readonly bool) error {
	point := s.mountPoint()
	if on, err := k.mounter.IsMountPoint(point); err != nil || !on {
		return status.Errorf(codes.FailedPrecondition, "volume %s: not mounted at %s: stage it again", s.VolumeID, point)
	}
	if err := os.MkdirAll(target, 0o750); err != nil {
		return err
	}
	options := []string{"bind"}
	if readonly || s.Filesystem.ReadOnly {
		options = append(options, "ro")
	}
	if on, err := k.mounter.IsMountPoint(target); err != nil {
		return err
	} else if on {
		has, _ := k.blockAt(target)
		if want, ok := k.blockAt(point); !ok || has != want {
			return status.Errorf(codes.AlreadyExists, "%s: %s is already mounted there", target, has)
		}
		is, err := readOnlyMount(target)
		if err == nil && is != (len(options) > 1) {
			err = status.Errorf(codes.AlreadyExists, "%s: already published with readonly %v: unpublish it first", target, is)
		}
		return err
	}
	_, err := bounded(ctx, func() (struct{}, error) { return struct{}{}, k.mounter.Mount(point, target, "", options) })
	return err
}
