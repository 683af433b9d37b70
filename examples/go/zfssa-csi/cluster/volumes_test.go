// Cases of volumes: creation, growth, attributes, and attachment to the node of a pod.

package cluster

import (
	"context"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Sizes of claims that are no whole GiB are rounded up, and the claim shows the size of the LUN.
func claimBecomesLUN(t testing.TB, c *cluster) {
	c.claim(t, c.class(t), "data", "1536Mi")
	volume := c.bound(t, "data")
	if has := volume.Spec.Capacity.Storage().Value(); has != 2*gib {
		t.Errorf("volume %s has %d bytes", volume.Name, has)
	}
	c.hasLUN(t, volume, 2)
	if all := c.appliance.state(t).luns(); len(all) != 1 {
		t.Errorf("LUNs: %v", all)
	}
	c.deleteClaim(t, "data")
}

// hasLUN checks the size of the LUN of a volume.
func (c *cluster) hasLUN(t testing.TB, volume *corev1.PersistentVolume, gibs int64) {
	t.Helper()
	has, exists := c.appliance.state(t).luns()[volume.Spec.CSI.VolumeHandle]
	if !exists || has.Bytes != gibs*gib {
		t.Errorf("LUN %s has %d bytes, not %d GiB", volume.Spec.CSI.VolumeHandle, has.Bytes, gibs)
	}
}

// The event names the parameter, its value and the remedy.
func wrongParameter(t testing.TB, c *cluster) {
	class := c.newClass(t, storagev1.VolumeBindingImmediate,
		map[string]string{"compresion": "lz4-fast"})
	c.claim(t, class, "misspelt", "1Gi")
	class = c.newClass(t, storagev1.VolumeBindingImmediate,
		map[string]string{"volblocksize": "3k"})
	c.claim(t, class, "wrong", "1Gi")
	c.eventSays(t, "misspelt", "parameter compresion is lz4-fast: unknown: remove it, or set one of",
		"compression")
	c.eventSays(t, "wrong", "zfssa:volblocksize = 3k: is not a block size", "use one of `512`")
	c.deleteClaim(t, "misspelt")
	c.deleteClaim(t, "wrong")
}

// eventSays waits for an event of a failed provisioning of a claim, and checks its message.
func (c *cluster) eventSays(t testing.TB, claim string, parts ...string) {
	t.Helper()
	var said string
	eventually(t, "event of claim "+claim, func(ctx context.Context) string {
		events, err := c.kubernetes.CoreV1().Events(namespace).List(ctx, metav1.ListOptions{
			FieldSelector: "reason=ProvisioningFailed,involvedObject.name=" + claim})
		if err != nil {
			return message(err)
		}
		if len(events.Items) == 0 {
			return "there is none"
		}
		said = events.Items[0].Message
		return ""
	})
	for _, part := range parts {
		if !strings.Contains(said, part) {
			t.Errorf("claim %s: no %q in the event: %s", claim, part, said)
		}
	}
}

// The scheduler chooses the node, which makes the provisioner create the volume, and the
// attach-detach controller asks for the attachment. The LUN answers over iSCSI.
func podsVolumeIsPresented(t testing.TB, c *cluster) {
	class := c.newClass(t, storagev1.VolumeBindingWaitForFirstConsumer, nil)
	c.claim(t, class, "data", "1Gi")
	c.pod(t, "user", "data")
	volume := c.bound(t, "data")
	if terms := volume.Spec.NodeAffinity; terms == nil || !strings.Contains(terms.String(), zone) {
		t.Errorf("volume %s has the node affinity %v", volume.Name, terms)
	}
	c.node.publish(t, volume, c.attached(t, volume))
	if !c.appliance.state(t).presented(volume.Spec.CSI.VolumeHandle, initiator) {
		t.Errorf("LUN %s is not presented to %s", volume.Spec.CSI.VolumeHandle, initiator)
	}
	c.node.unpublish(t, volume)
	c.deletePod(t, "user")
	c.notPresented(t, volume)
	c.deleteClaim(t, "data")
}

// notPresented waits until a volume has no attachment and its LUN no presentation to the node.
func (c *cluster) notPresented(t testing.TB, volume *corev1.PersistentVolume) {
	t.Helper()
	eventually(t, "detachment of "+volume.Name, func(ctx context.Context) string {
		attachments, err := c.kubernetes.StorageV1().VolumeAttachments().List(ctx, metav1.ListOptions{})
		if err != nil {
			return message(err)
		}
		if len(attachments.Items) > 0 {
			return fmt.Sprintf("%d attachments: %v", len(attachments.Items), attachments.Items[0].Status)
		}
		return ""
	})
	if c.appliance.state(t).presented(volume.Spec.CSI.VolumeHandle, initiator) {
		t.Errorf("LUN %s is still presented to %s", volume.Spec.CSI.VolumeHandle, initiator)
	}
}

func grow(size string) func(*corev1.PersistentVolumeClaim) {
	return func(claim *corev1.PersistentVolumeClaim) { claim.Spec.Resources = requests(size) }
}

func claimGrowsLUN(t testing.TB, c *cluster) {
	c.claim(t, c.class(t), "data", "1Gi")
	volume := c.bound(t, "data")
	c.update(t, "data", grow("3Gi"))
	c.holds(t, "data", 3)
	c.hasLUN(t, volume, 3)
	c.deleteClaim(t, "data")
}

// The LUN grows while it is attached; the rest is the kubelet's, which the claim says.
func attachedVolumeGrows(t testing.TB, c *cluster) {
	c.claim(t, c.class(t), "data", "1Gi")
	volume := c.bound(t, "data")
	c.pod(t, "user", "data")
	c.attached(t, volume)
	c.update(t, "data", grow("3Gi"))
	c.waitForClaim(t, "data", func(claim *corev1.PersistentVolumeClaim) string {
		statuses := claim.Status.AllocatedResourceStatuses
		if statuses[corev1.ResourceStorage] == corev1.PersistentVolumeClaimNodeResizePending {
			return ""
		}
		return fmt.Sprintf("%v", claim.Status)
	})
	c.hasLUN(t, volume, 3)
	c.deletePod(t, "user")
	c.notPresented(t, volume)
	c.deleteClaim(t, "data")
}

func attributesClassChangesLUN(t testing.TB, c *cluster) {
	classes := c.kubernetes.StorageV1().VolumeAttributesClasses()
	class, err := classes.Create(t.Context(), &storagev1.VolumeAttributesClass{
		ObjectMeta: metav1.ObjectMeta{Name: "compressed"}, DriverName: driverName,
		Parameters: map[string]string{"compression": "gzip-9", "logbias": "throughput"},
	}, metav1.CreateOptions{})
	must(t, err)
	c.claim(t, c.class(t), "data", "1Gi")
	volume := c.bound(t, "data")
	c.update(t, "data", func(claim *corev1.PersistentVolumeClaim) {
		claim.Spec.VolumeAttributesClassName = &class.Name
	})
	c.waitForClaim(t, "data", func(claim *corev1.PersistentVolumeClaim) string {
		if name := claim.Status.CurrentVolumeAttributesClassName; name != nil && *name == class.Name {
			return ""
		}
		return fmt.Sprintf("%v", claim.Status)
	})
	has := c.appliance.state(t).luns()[volume.Spec.CSI.VolumeHandle].Properties
	if has["compression"] != "gzip-9" || has["logbias"] != "throughput" {
		t.Errorf("LUN %s has %v", volume.Spec.CSI.VolumeHandle, has)
	}
	c.deleteClaim(t, "data")
	c.nothingLeft(t)
	must(t, classes.Delete(t.Context(), class.Name, metav1.DeleteOptions{}))
}
