// Publication of block devices at target paths.

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	mount "k8s.io/mount-utils"
)

func (k *kernel) publish(ctx context.Context, s *staged, target string, readonly bool) error {
	ctx, release, err := k.luns.holding(ctx, lunKey(s))
	if err != nil {
		return err
	}
	defer release()
	devices, err := k.verified(ctx, s)
	if err != nil {
		return err
	}
	block, err := k.chosen(ctx, s, devices)
	if err != nil {
		return err
	}
	if s.Filesystem != nil {
		return k.publishFilesystem(ctx, s, target, readonly)
	}
	return k.bind(s, block, target, readonly)
}

// bind bind-mounts a block device on the target path.
func (k *kernel) bind(s *staged, block, target string, readonly bool) error {
	path := filepath.Join(k.dev, block)
	if err := k.restrict(s, path, target, readonly); err != nil {
		return err
	}
	switch has, published := k.blockAt(target); {
	case published && has == block:
		return nil
	case published:
		return status.Errorf(codes.AlreadyExists, "%s: device %s is already published there", target, has)
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o750); err != nil {
		return err
	}
	file, err := os.OpenFile(target, os.O_CREATE, 0o660)
	if err != nil {
		return err
	}
	file.Close()
	if err := syscall.Mount(path, target, "", syscall.MS_BIND, ""); err != nil {
		return fmt.Errorf("%s: bind mount of %s: %w", target, path, err)
	}
	return nil
}

// restrict makes a block device read-only or writable. The device itself is restricted, because a
// read-only mount of its node stops no write. That concerns all publications of the volume on the
// node, so it refuses another mode than theirs.
func (k *kernel) restrict(s *staged, path, target string, readonly bool) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	want := 0
	if readonly {
		want = 1
	}
	has, err := unix.IoctlGetInt(int(file.Fd()), unix.BLKROGET)
	if err != nil {
		return fmt.Errorf("%s: BLKROGET: %w", path, err)
	}
	if has == want {
		return nil
	}
	for _, other := range s.Targets {
		if other != target && mounted(other) {
			return status.Errorf(codes.FailedPrecondition,
				"volume %s: published at %s, readonly %v: a block volume is read-only or writable for all publications of a node", s.VolumeID, other, !readonly)
		}
	}
	if err := unix.IoctlSetPointerInt(int(file.Fd()), unix.BLKROSET, want); err != nil {
		return fmt.Errorf("%s: BLKROSET %d: %w", path, want, err)
	}
	if has, err = unix.IoctlGetInt(int(file.Fd()), unix.BLKROGET); err != nil || has != want {
		return fmt.Errorf("%s: read-only is %d after it was set to %d: %w", path, has, want, err)
	}
	return nil
}

// mounted returns whether a block device is bind-mounted on a path. Otherwise the path is a plain
// file.
func mounted(target string) bool {
	info, err := os.Stat(target)
	return err == nil && info.Mode()&os.ModeDevice != 0
}

// isPublished returns whether a volume is mounted on a path: a block device or a file system.
func isPublished(target string) bool {
	if mounted(target) {
		return true
	}
	on, err := mount.NewWithoutSystemd("").IsMountPoint(target)
	return err == nil && on
}

func (k *kernel) published(target string) bool {
	if _, err := os.Lstat(target); errors.Is(err, fs.ErrNotExist) {
		return false
	}
	on, err := k.mounter.IsMountPoint(target)
	return err != nil || on || mounted(target)
}

// blockAt returns the name of the block device at a path, such as sdq, or of the one whose file
// system is mounted there.
func (k *kernel) blockAt(path string) (string, bool) {
	var info unix.Stat_t
	if err := unix.Stat(path, &info); err != nil {
		return "", false
	}
	switch info.Mode & unix.S_IFMT {
	case unix.S_IFBLK:
		return k.blockOf(info.Rdev)
	case unix.S_IFDIR:
		if on, err := k.mounter.IsMountPoint(path); err == nil && on {
			return k.blockOf(info.Dev)
		}
	}
	return "", false
}

// blockOf returns the name of the block device with a number.
func (k *kernel) blockOf(number uint64) (string, bool) {
	link := filepath.Join(k.sys, "dev/block", fmt.Sprintf("%d:%d", unix.Major(number), unix.Minor(number)))
	folder, err := filepath.EvalSymlinks(link)
	if err != nil {
		return "", false
	}
	return filepath.Base(folder), true
}

func (k *kernel) unpublish(ctx context.Context, target string) error {
	if info, err := os.Stat(target); err == nil && info.IsDir() || mount.IsCorruptedMnt(err) {
		return k.unmount(ctx, target)
	}
	if mounted(target) {
		if err := syscall.Unmount(target, 0); err != nil {
			return fmt.Errorf("%s: unmount: %w", target, err)
		}
	}
	if err := os.Remove(target); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
