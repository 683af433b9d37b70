// A cluster: the appliance, the controller, and one node on a kernel.

package kernel

import (
	"context"
	"testing"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
)

const nodeID = "iqn.2004-10.org.example:node"

// A cluster has one node, which reaches the appliance through two portals.
type cluster struct {
	*machine
	node          csi.NodeClient
	controller    csi.ControllerClient
	first, second *relay
}

func startCluster(t testing.TB) *cluster {
	t.Helper()
	a := startAppliance(t)
	a.addInitiator(t, nodeID)
	first, second := startRelay(t, 2, a.Portal), startRelay(t, 3, a.Portal)
	controller := startController(t, a.settings(t, nodeID, first.address, second.address))
	m := bootMachine(t, nodeID)
	return &cluster{machine: m, node: m.client(t), controller: controller, first: first, second: second}
}

// within is the time that an orchestrator gives a call.
func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	t.Cleanup(cancel)
	return ctx
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits for what happens in the machine.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for begin := time.Now(); !holds(); time.Sleep(100 * time.Millisecond) {
		if time.Since(begin) > soon {
			t.Fatalf("%s: never", what)
		}
	}
}

// killDriver kills the driver in the machine, and waits until the next one serves.
func (c *cluster) killDriver(t testing.TB) {
	t.Helper()
	c.run(t, "sh", "-c",
		"pid=$(cat /run/csi.pid); kill -KILL $pid; while [ -d /proc/$pid ]; do sleep 0.1; done")
	eventually(t, "the driver serves again", func() bool {
		_, err := c.node.NodeGetInfo(within(t), &csi.NodeGetInfoRequest{})
		return err == nil
	})
}

// leftovers lists sessions, devices, records of open-iscsi and mounts of volumes.
const leftovers = `
cd /sys/class
ls -d iscsi_session/* scsi_device/* block/sd* block/dm-* 2>/dev/null
find /etc/iscsi/nodes /var/lib/iscsi/nodes -type f 2>/dev/null
grep kubelet /proc/mounts
true`

// leavesNothing checks, when the test ends, that nothing of a volume is left on the node.
func (c *cluster) leavesNothing(t testing.TB) {
	t.Cleanup(func() {
		if left := c.run(t, "sh", "-c", leftovers); left != "" {
			t.Errorf("left on the node:\n%s", left)
		}
	})
}
