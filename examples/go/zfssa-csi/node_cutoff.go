// Published devices whose LU number was given to another LUN.

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A workload reaches a published volume by the number of a block device: through the bind mount of
// its node, or through a node of its own. If that device is removed while it is published, the kernel
// gives its number to the next device, and the workload reads and writes another volume. So a stale
// device that is published is not removed but set offline, where it keeps its number and passes
// nothing on, and the LUN that has its LU number now has to wait until it is unpublished.

// offline is the state of a SCSI device that refuses all commands.
const offline = "offline"

func (k *kernel) isCutOff(d device) bool { return readText(d.folder, "state") == offline }

// cutOff refuses to remove a stale device that is published, or under a multipath map that is. It
// sets the paths of that publication offline first.
func (k *kernel) cutOff(ctx context.Context, s *staged, d device) error {
	path, err := k.publishedAt(d)
	if err != nil || path == "" {
		return err
	}
	for _, other := range k.devices(s.Target, s.LUN) {
		published, err := k.publishedAt(other)
		if err != nil {
			return err
		}
		if published == "" || k.isCutOff(other) {
			continue
		}
		// The kernel takes the name of a state with a line feed behind it only.
		if err := k.machine.write(ctx, filepath.Join(other.folder, "state"), offline+"\n"); err != nil {
			return fmt.Errorf("device %s: stale and published at %s: not set offline: %w", other.block, published, err)
		}
	}
	return status.Errorf(codes.FailedPrecondition,
		"volume %s: device %s with its LU number %d of %s is of another LUN or offline, and published at %s: unpublish it there first",
		s.VolumeID, d.block, s.LUN, s.Target, path)
}

// publishedAt returns a path at which a device, or a multipath map over it, is bind-mounted; empty if
// there is none.
func (k *kernel) publishedAt(d device) (string, error) {
	if d.block == "" {
		return "", nil
	}
	blocks := []string{d.block}
	for _, m := range k.multipathMaps(func(m multipathMap) bool { return m.joins(d) }) {
		blocks = append(blocks, m.block)
	}
	text, err := os.ReadFile(k.mounts)
	if err != nil {
		return "", err
	}
	for _, line := range strings.Split(string(text), "\n") {
		// "36 35 0:6 /dm-3 /var/lib/…/target rw - devtmpfs …" (proc(5)): the mounted part of the file
		// system is the fourth field, the mount point the fifth.
		fields := strings.Fields(line)
		if len(fields) > 5 && slices.Contains(blocks, strings.TrimPrefix(fields[3], "/")) &&
			slices.Contains(fields[5:], "devtmpfs") {
			return unescaped.Replace(fields[4]), nil
		}
	}
	return "", nil
}

// unescaped is how the kernel writes blanks and backslashes of a path.
var unescaped = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
