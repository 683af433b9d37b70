// Size, use and growth of volumes that the kernel transport has published.

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"golang.org/x/sys/unix"
)

// stats returns the size of a block volume, or the use of a file system, and the condition of the
// volume's paths.
func (k *kernel) stats(ctx context.Context, target string) (*csi.NodeGetVolumeStatsResponse, error) {
	info, err := os.Stat(target)
	if err != nil {
		return nil, err
	}
	block, ok := k.blockAt(target)
	if !ok {
		return nil, notFound("%s: no volume is published there", target)
	}
	response := &csi.NodeGetVolumeStatsResponse{VolumeCondition: k.condition(block)}
	if !info.IsDir() {
		// The used capacity of a block volume is not known to the node.
		bytes, err := k.bytes(block)
		response.Usage = []*csi.VolumeUsage{{Unit: csi.VolumeUsage_BYTES, Total: bytes}}
		return response, err
	}
	use, err := bounded(ctx, func() (use unix.Statfs_t, err error) {
		err = unix.Statfs(target, &use)
		return use, err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", target, err)
	}
	response.Usage = []*csi.VolumeUsage{
		{Unit: csi.VolumeUsage_BYTES, Total: int64(use.Blocks) * use.Bsize, Available: int64(use.Bavail) * use.Bsize,
			Used: int64(use.Blocks-use.Bfree) * use.Bsize},
		{Unit: csi.VolumeUsage_INODES, Total: int64(use.Files), Available: int64(use.Ffree), Used: int64(use.Files - use.Ffree)},
	}
	return response, nil
}

// condition returns the condition of a volume: abnormal if a path to its LUN does not work.
func (k *kernel) condition(block string) *csi.VolumeCondition {
	paths := []string{block}
	if maps := k.multipathMaps(func(m multipathMap) bool { return m.block == block }); len(maps) > 0 {
		paths = maps[0].paths
	}
	var failed []string
	for _, path := range paths {
		if state := readText(k.sys, "class/block", path, "device/state"); state != "running" {
			failed = append(failed, fmt.Sprintf("%s is %q", path, state))
		}
	}
	if len(paths) == 0 {
		return &csi.VolumeCondition{Abnormal: true, Message: block + ": all paths are lost"}
	}
	if len(failed) > 0 {
		return &csi.VolumeCondition{Abnormal: true,
			Message: fmt.Sprintf("%s: %d of %d paths do not work: %s", block, len(failed), len(paths), strings.Join(failed, ", "))}
	}
	return &csi.VolumeCondition{Message: fmt.Sprintf("%s: %d paths work", block, len(paths))}
}

func (k *kernel) expand(ctx context.Context, target, staging string, bytes int64) (int64, error) {
	info, err := os.Stat(target)
	if err != nil {
		return 0, err
	}
	point := target
	if staging != "" && info.IsDir() {
		// The target path may be read-only, and the staging directory is named in its stead while the
		// volume is not published.
		point = filepath.Join(staging, mountPoint)
	}
	block, ok := k.blockAt(point)
	if !ok {
		return 0, notFound("%s: no volume is published there", point)
	}
	has, err := k.grow(ctx, block, bytes)
	if err != nil || !info.IsDir() {
		return has, err
	}
	if readonly, err := readOnlyMount(point); err != nil || readonly {
		return has, err
	}
	_, err = bounded(ctx, func() (struct{}, error) {
		return struct{}{}, k.growFilesystem(filepath.Join(k.dev, block), point)
	})
	return has, err
}

func readOnlyMount(path string) (bool, error) {
	var use unix.Statfs_t
	if err := unix.Statfs(path, &use); err != nil {
		return false, fmt.Errorf("%s: %w", path, err)
	}
	return use.Flags&unix.ST_RDONLY != 0, nil
}
