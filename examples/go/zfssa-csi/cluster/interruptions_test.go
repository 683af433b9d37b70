// Cases of interruptions: the driver or the API server is killed during a request to the appliance.

package cluster

import (
	"context"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// fates are those of the request of a killed driver. One that hangs before its commit is carried
// out late: after another driver has done the same work, and the cluster relies on it.
var fates = []string{"after_commit", "before_commit"}

// killDriver kills the driver with SIGKILL while the request hangs that begin leads to, and starts
// it again. end waits until the cluster has what begin asked for. The request is carried out before
// the new driver starts, or after end.
func (c *cluster) killDriver(t testing.TB, method, path, fate string, begin, end func()) {
	t.Helper()
	c.appliance.hang(t, method, path, fate)
	begin()
	eventually(t, fmt.Sprintf("%s %s", method, path), func(context.Context) string {
		if c.appliance.hangs(t) {
			return ""
		}
		return "not sent"
	})
	c.driver.kill()
	if fate == "after_commit" {
		c.appliance.release(t)
	}
	must(t, c.driver.start())
	end()
	c.appliance.release(t)
}

// oneLUN checks that the appliance has the LUN of a volume and no other one.
func (c *cluster) oneLUN(t testing.TB, volume *corev1.PersistentVolume, gibs int64) {
	t.Helper()
	c.hasLUN(t, volume, gibs)
	if has := c.appliance.state(t); len(has.luns()) != 1 {
		t.Errorf("LUNs: %s", has.describe())
	}
}

func killedInCreation(t testing.TB, c *cluster) {
	for _, fate := range fates {
		var volume *corev1.PersistentVolume
		c.killDriver(t, "POST", "/luns$", fate,
			func() { c.claim(t, c.class(t), "data", "1Gi") },
			func() { volume = c.bound(t, "data") })
		c.oneLUN(t, volume, 1)
		c.deleteClaim(t, "data")
		c.nothingLeft(t)
	}
}

// changed is the path of a change of the only LUN.
const changed = "/luns/csi-pvc-[^/]*$"

func killedInPublication(t testing.TB, c *cluster) {
	for _, fate := range fates {
		c.claim(t, c.class(t), "data", "1Gi")
		volume := c.bound(t, "data")
		c.killDriver(t, "PUT", changed, fate,
			func() { c.pod(t, "user", "data") },
			func() { c.node.publish(t, volume, c.attached(t, volume)) })
		if !c.appliance.state(t).presented(volume.Spec.CSI.VolumeHandle, initiator) {
			t.Errorf("%s: LUN %s is not presented", fate, volume.Spec.CSI.VolumeHandle)
		}
		c.node.unpublish(t, volume)
		c.deletePod(t, "user")
		c.notPresented(t, volume)
		c.deleteClaim(t, "data")
		c.nothingLeft(t)
	}
}

func killedInUnpublication(t testing.TB, c *cluster) {
	for _, fate := range fates {
		c.claim(t, c.class(t), "data", "1Gi")
		volume := c.bound(t, "data")
		c.pod(t, "user", "data")
		c.attached(t, volume)
		c.killDriver(t, "PUT", changed, fate,
			func() { c.deletePod(t, "user") },
			func() { c.notPresented(t, volume) })
		c.deleteClaim(t, "data")
		c.nothingLeft(t)
	}
}

func killedInExpansion(t testing.TB, c *cluster) {
	for _, fate := range fates {
		c.claim(t, c.class(t), "data", "1Gi")
		volume := c.bound(t, "data")
		c.killDriver(t, "PUT", changed, fate,
			func() { c.update(t, "data", grow("2Gi")) },
			func() { c.holds(t, "data", 2) })
		c.oneLUN(t, volume, 2)
		c.deleteClaim(t, "data")
		c.nothingLeft(t)
	}
}

func killedInSnapshot(t testing.TB, c *cluster) {
	for _, fate := range fates {
		c.claim(t, c.class(t), "data", "1Gi")
		volume := c.bound(t, "data")
		c.killDriver(t, "POST", "/snapshots$", fate,
			func() { c.snapshot(t, "before", "data") },
			func() { c.snapshotReady(t, "before") })
		c.hasSnapshots(t, volume, 1)
		c.deleteSnapshot(t, "before")
		c.deleteClaim(t, "data")
		c.nothingLeft(t)
	}
}

func killedInDeletion(t testing.TB, c *cluster) {
	for _, fate := range fates {
		c.claim(t, c.class(t), "data", "1Gi")
		c.bound(t, "data")
		c.killDriver(t, "DELETE", changed, fate,
			func() { c.deleteClaim(t, "data") },
			func() { c.nothingLeft(t) })
	}
}

// The provisioner cannot save the volume that it has created, and finds it again.
func apiServerKilled(t testing.TB, c *cluster) {
	c.appliance.hang(t, "POST", "/luns$", "after_commit")
	c.claim(t, c.class(t), "data", "1Gi")
	eventually(t, "creation of a LUN", func(context.Context) string {
		if c.appliance.hangs(t) {
			return ""
		}
		return "not requested"
	})
	c.apiServer.kill()
	c.appliance.release(t)
	must(t, c.apiServer.start())
	c.ready(t)
	c.oneLUN(t, c.bound(t, "data"), 1)
	c.deleteClaim(t, "data")
}
