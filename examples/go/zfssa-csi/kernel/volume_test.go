// A volume on its way from the appliance to the node, and its bytes.

package kernel

import (
	"context"
	"fmt"
	"path"
	"strconv"
	"strings"
	"testing"

	"github.com/container-storage-interface/spec/lib/go/csi"
)

type volume struct {
	*cluster
	id string
	// What the controller told the node.
	published map[string]string
	// The paths that an orchestrator chooses.
	staging, target string
}

var writer = &csi.VolumeCapability{
	AccessType: &csi.VolumeCapability_Block{Block: &csi.VolumeCapability_BlockVolume{}},
	AccessMode: &csi.VolumeCapability_AccessMode{
		Mode: csi.VolumeCapability_AccessMode_SINGLE_NODE_WRITER}}

// account is the CHAP account of the node, as an orchestrator hands it on.
var account = map[string]string{"chap_user": "node", "chap_password": chapSecret}

// create makes a volume on the appliance. It is deleted when the test ends.
func (c *cluster) create(t testing.TB, name string, gibs int64) *volume {
	t.Helper()
	created, err := c.controller.CreateVolume(within(t), &csi.CreateVolumeRequest{
		Name: name, VolumeCapabilities: []*csi.VolumeCapability{writer},
		CapacityRange: &csi.CapacityRange{RequiredBytes: gibs * gib}})
	must(t, err)
	v := &volume{cluster: c, id: created.GetVolume().GetVolumeId()}
	v.staging = path.Join("/var/lib/kubelet/staging", v.id)
	v.target = path.Join("/var/lib/kubelet/pods", v.id, "device")
	c.run(t, "mkdir", "-p", v.staging, path.Dir(v.target))
	t.Cleanup(func() {
		_, err := c.controller.DeleteVolume(context.Background(),
			&csi.DeleteVolumeRequest{VolumeId: v.id})
		// A case that failed has not detached it.
		if err != nil && !t.Failed() {
			t.Error(err)
		}
	})
	return v
}

// export presents the volume to the node, on the appliance.
func (v *volume) export(t testing.TB) {
	t.Helper()
	published, err := v.controller.ControllerPublishVolume(within(t),
		&csi.ControllerPublishVolumeRequest{VolumeId: v.id, NodeId: nodeID, VolumeCapability: writer})
	must(t, err)
	v.published = published.GetPublishContext()
}

// withdraw reverses export.
func (v *volume) withdraw(t testing.TB) {
	t.Helper()
	_, err := v.controller.ControllerUnpublishVolume(within(t),
		&csi.ControllerUnpublishVolumeRequest{VolumeId: v.id, NodeId: nodeID})
	must(t, err)
}

func (v *volume) tryStage(t testing.TB) error {
	_, err := v.node.NodeStageVolume(within(t), &csi.NodeStageVolumeRequest{
		VolumeId: v.id, StagingTargetPath: v.staging, VolumeCapability: writer,
		PublishContext: v.published, Secrets: account})
	return err
}

func (v *volume) stage(t testing.TB) {
	t.Helper()
	must(t, v.tryStage(t))
}

func (v *volume) tryUnstage(t testing.TB) error {
	_, err := v.node.NodeUnstageVolume(within(t), &csi.NodeUnstageVolumeRequest{
		VolumeId: v.id, StagingTargetPath: v.staging})
	return err
}

func (v *volume) unstage(t testing.TB) {
	t.Helper()
	must(t, v.tryUnstage(t))
}

func (v *volume) publish(t testing.TB) {
	t.Helper()
	_, err := v.node.NodePublishVolume(within(t), &csi.NodePublishVolumeRequest{
		VolumeId: v.id, StagingTargetPath: v.staging, TargetPath: v.target,
		VolumeCapability: writer, PublishContext: v.published})
	must(t, err)
}

func (v *volume) unpublish(t testing.TB) {
	t.Helper()
	_, err := v.node.NodeUnpublishVolume(within(t), &csi.NodeUnpublishVolumeRequest{
		VolumeId: v.id, TargetPath: v.target})
	must(t, err)
}

// attach takes the volume from the appliance to its target path.
func (v *volume) attach(t testing.TB) {
	t.Helper()
	v.export(t)
	v.stage(t)
	v.publish(t)
}

// detach reverses attach.
func (v *volume) detach(t testing.TB) {
	t.Helper()
	v.unpublish(t)
	v.unstage(t)
	v.withdraw(t)
}

// grow expands the published volume, on the appliance and then on the node.
func (v *volume) grow(t testing.TB, gibs int64) {
	t.Helper()
	size := &csi.CapacityRange{RequiredBytes: gibs * gib}
	_, err := v.controller.ControllerExpandVolume(within(t), &csi.ControllerExpandVolumeRequest{
		VolumeId: v.id, CapacityRange: size, VolumeCapability: writer})
	must(t, err)
	expanded, err := v.node.NodeExpandVolume(within(t), &csi.NodeExpandVolumeRequest{
		VolumeId: v.id, VolumePath: v.target, StagingTargetPath: v.staging,
		CapacityRange: size, VolumeCapability: writer})
	must(t, err)
	if bytes := expanded.GetCapacityBytes(); bytes != gibs*gib {
		t.Errorf("%d bytes reported", bytes)
	}
}

const blockSize = 4096

// content is what a test writes into a block: no two volumes and words have the same.
func (v *volume) content(word string) string {
	line := v.id + " " + word + "\n"
	return strings.Repeat(line, blockSize/len(line)+1)[:blockSize]
}

// write writes a block through the target path, to the appliance.
func (v *volume) write(block int64, word string) error {
	_, err := v.try(v.content(word), "dd", "of="+v.target, fmt.Sprintf("bs=%d", blockSize),
		fmt.Sprintf("seek=%d", block), "iflag=fullblock", "oflag=direct", "conv=notrunc,nocreat,fsync")
	return err
}

// A source is where the bytes of a block are read from.
type source string

const (
	// memory is the node's cache, and the appliance for what is not in it.
	memory source = "fullblock"
	// disk is the appliance.
	disk source = "fullblock,direct"
)

// read reads a block through the target path.
func (v *volume) read(block int64, from source) (string, error) {
	return v.try("", "dd", "if="+v.target, fmt.Sprintf("bs=%d", blockSize),
		fmt.Sprintf("skip=%d", block), "count=1", "iflag="+string(from))
}

// mustWrite writes a block and mustHave checks one, as a workload does both.
func (v *volume) mustWrite(t testing.TB, block int64, word string) {
	t.Helper()
	if err := v.write(block, word); err != nil {
		t.Fatalf("%s: block %d cannot be written: %v", v.id, block, err)
	}
}

func (v *volume) mustHave(t testing.TB, block int64, word string) {
	t.Helper()
	for _, from := range []source{memory, disk} {
		has, err := v.read(block, from)
		if err != nil {
			t.Fatalf("%s: block %d cannot be read: %v", v.id, block, err)
		}
		if has != v.content(word) {
			t.Fatalf("%s: block %d has %.40q instead of %.40q", v.id, block, has, v.content(word))
		}
	}
}

// mustBeEmpty checks that nothing was ever written into a block.
func (v *volume) mustBeEmpty(t testing.TB, block int64) {
	t.Helper()
	for _, from := range []source{memory, disk} {
		has, err := v.read(block, from)
		if err != nil || has != strings.Repeat("\x00", blockSize) {
			t.Fatalf("%s: block %d has %.40q, %v", v.id, block, has, err)
		}
	}
}

// mustBeLarge checks the size of the device at the target path, and that in the statistics.
func (v *volume) mustBeLarge(t testing.TB, gibs int64) {
	t.Helper()
	text := strings.TrimSpace(v.run(t, "blockdev", "--getsize64", v.target))
	if bytes, err := strconv.ParseInt(text, 10, 64); err != nil || bytes != gibs*gib {
		t.Errorf("%s: the device has %s bytes", v.id, text)
	}
	stats, err := v.node.NodeGetVolumeStats(within(t), &csi.NodeGetVolumeStatsRequest{
		VolumeId: v.id, VolumePath: v.target, StagingTargetPath: v.staging})
	must(t, err)
	if bytes := stats.GetUsage()[0].GetTotal(); bytes != gibs*gib {
		t.Errorf("%s: the statistics have %d bytes", v.id, bytes)
	}
}

// paths returns the SCSI devices under the multipath device at the target path.
func (v *volume) paths(t testing.TB) []string {
	t.Helper()
	numbers := strings.TrimSpace(v.run(t, "stat", "-L", "-c", "%Hr:%Lr", v.target))
	return strings.Fields(v.run(t, "ls", fmt.Sprintf("/sys/dev/block/%s/slaves", numbers)))
}

// running returns how many of the paths the kernel and multipathd use.
func (v *volume) running(t testing.TB) int {
	t.Helper()
	good := 0
	text := v.run(t, "multipathd", "show", "paths", "raw", "format", "%d %t %T")
	for _, path := range v.paths(t) {
		for _, line := range strings.Split(text, "\n") {
			if strings.HasPrefix(line, path+" active ready") {
				good++
			}
		}
	}
	return good
}
