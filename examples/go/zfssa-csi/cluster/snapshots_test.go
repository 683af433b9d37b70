// Cases of snapshots: of one claim and of a group, and claims from them.

package cluster

import (
	"context"
	"fmt"
	"testing"

	groupv1 "github.com/kubernetes-csi/external-snapshotter/client/v8/apis/volumegroupsnapshot/v1"
	snapshotv1 "github.com/kubernetes-csi/external-snapshotter/client/v8/apis/volumesnapshot/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// snapshotClass is the class of the driver's manifests, for snapshots and for those of groups.
const snapshotClass = "zfssa"

// snapshot creates a snapshot of a claim.
func (c *cluster) snapshot(t testing.TB, name, claim string) {
	t.Helper()
	class := snapshotClass
	_, err := c.snapshots.SnapshotV1().VolumeSnapshots(namespace).Create(t.Context(),
		&snapshotv1.VolumeSnapshot{ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec: snapshotv1.VolumeSnapshotSpec{VolumeSnapshotClassName: &class,
				Source: snapshotv1.VolumeSnapshotSource{PersistentVolumeClaimName: &claim}}},
		metav1.CreateOptions{})
	must(t, err)
}

// snapshotReady waits until a snapshot can be used.
func (c *cluster) snapshotReady(t testing.TB, name string) {
	t.Helper()
	snapshots := c.snapshots.SnapshotV1().VolumeSnapshots(namespace)
	eventually(t, "snapshot "+name, func(ctx context.Context) string {
		has, err := snapshots.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return message(err)
		}
		if has.Status == nil || has.Status.ReadyToUse == nil || !*has.Status.ReadyToUse {
			return fmt.Sprintf("%+v", has.Status)
		}
		return ""
	})
}

func (c *cluster) deleteSnapshot(t testing.TB, name string) {
	t.Helper()
	must(t, c.snapshots.SnapshotV1().VolumeSnapshots(namespace).Delete(t.Context(), name,
		metav1.DeleteOptions{}))
}

// hasSnapshots checks the number of snapshots of a volume's LUN.
func (c *cluster) hasSnapshots(t testing.TB, volume *corev1.PersistentVolume, count int) {
	t.Helper()
	lun := c.appliance.state(t).luns()[volume.Spec.CSI.VolumeHandle]
	if len(lun.Snapshots) != count {
		t.Errorf("LUN %s has %d snapshots, not %d", volume.Spec.CSI.VolumeHandle,
			len(lun.Snapshots), count)
	}
}

func claimsSnapshot(t testing.TB, c *cluster) {
	c.claim(t, c.class(t), "data", "1Gi")
	volume := c.bound(t, "data")
	c.snapshot(t, "before", "data")
	c.snapshotReady(t, "before")
	c.hasSnapshots(t, volume, 1)
	c.deleteSnapshot(t, "before")
	eventually(t, "deletion of the snapshot", func(context.Context) string {
		if left := c.appliance.state(t).luns()[volume.Spec.CSI.VolumeHandle].Snapshots; len(left) > 0 {
			return left[0].Name
		}
		return ""
	})
	c.deleteClaim(t, "data")
}

// The sources are deleted first, as users do it: they stay on the appliance until their clones are
// gone, and go then without further help.
func claimsFromSources(t testing.TB, c *cluster) {
	class := c.class(t)
	c.claim(t, class, "data", "1Gi")
	volume := c.bound(t, "data")
	c.snapshot(t, "before", "data")
	c.snapshotReady(t, "before")
	c.claim(t, class, "restored", "2Gi", from("VolumeSnapshot", "before"))
	c.claim(t, class, "copied", "1Gi", from("PersistentVolumeClaim", "data"))
	for name, gibs := range map[string]int64{"restored": 2, "copied": 1} {
		clone := c.bound(t, name)
		c.hasLUN(t, clone, gibs)
		origin := c.appliance.state(t).luns()[clone.Spec.CSI.VolumeHandle].Origin
		if origin == nil || origin.Share != volume.Spec.CSI.VolumeHandle {
			t.Errorf("claim %s: has the origin %v", name, origin)
		}
	}
	c.deleteSnapshot(t, "before")
	c.deleteClaim(t, "data")
	c.deleteClaim(t, "restored")
	c.deleteClaim(t, "copied")
}

// A claim of a member is bound; the deletion of the group deletes all members.
func groupSnapshot(t testing.TB, c *cluster) {
	groups := c.snapshots.GroupsnapshotV1().VolumeGroupSnapshots(namespace)
	class := c.class(t)
	labels := map[string]string{"application": "database"}
	var volumes []*corev1.PersistentVolume
	for _, name := range []string{"data", "log"} {
		c.claim(t, class, name, "1Gi", func(claim *corev1.PersistentVolumeClaim) {
			claim.Labels = labels
		})
		volumes = append(volumes, c.bound(t, name))
	}
	groupClass := snapshotClass
	_, err := groups.Create(t.Context(), &groupv1.VolumeGroupSnapshot{
		ObjectMeta: metav1.ObjectMeta{Name: "consistent"},
		Spec: groupv1.VolumeGroupSnapshotSpec{VolumeGroupSnapshotClassName: &groupClass,
			Source: groupv1.VolumeGroupSnapshotSource{Selector: &metav1.LabelSelector{MatchLabels: labels}}},
	}, metav1.CreateOptions{})
	must(t, err)
	eventually(t, "group snapshot", func(ctx context.Context) string {
		has, err := groups.Get(ctx, "consistent", metav1.GetOptions{})
		if err != nil {
			return message(err)
		}
		if has.Status == nil || has.Status.ReadyToUse == nil || !*has.Status.ReadyToUse {
			return fmt.Sprintf("%+v", has.Status)
		}
		return ""
	})
	for _, volume := range volumes {
		c.hasSnapshots(t, volume, 1)
	}
	var members *snapshotv1.VolumeSnapshotList
	eventually(t, "members of the group", func(ctx context.Context) string {
		members, err = c.snapshots.SnapshotV1().VolumeSnapshots(namespace).List(ctx, metav1.ListOptions{})
		if err != nil || len(members.Items) != len(volumes) {
			return fmt.Sprintf("%v: %+v", err, members)
		}
		return ""
	})
	member := members.Items[0].Name
	c.snapshotReady(t, member)
	c.claim(t, class, "restored", "1Gi", from("VolumeSnapshot", member))
	c.hasLUN(t, c.bound(t, "restored"), 1)

	c.deleteClaim(t, "restored")
	must(t, groups.Delete(t.Context(), "consistent", metav1.DeleteOptions{}))
	for _, name := range []string{"data", "log"} {
		c.deleteClaim(t, name)
	}
}
