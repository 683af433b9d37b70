// Objects of Kubernetes: manifests, classes, claims, snapshots and pods.

package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"
)

// apply creates the objects of a manifest. A kind may be one that the manifest before has defined.
func (c *cluster) apply(t testing.TB, path string) {
	t.Helper()
	file, err := os.Open(path)
	must(t, err)
	defer file.Close()
	documents := yaml.NewYAMLOrJSONDecoder(file, 4096)
	for {
		object := &unstructured.Unstructured{}
		err := documents.Decode(&object.Object)
		if errors.Is(err, io.EOF) {
			return
		}
		must(t, err)
		if object.GetKind() == "" || object.GetKind() == "Kustomization" {
			continue
		}
		eventually(t, fmt.Sprintf("%s: %s %s", path, object.GetKind(), object.GetName()),
			func(ctx context.Context) string {
				err := c.create(ctx, object)
				if apierrors.IsInvalid(err) {
					t.Fatal(err)
				}
				return message(err)
			})
	}
}

// create creates an object of any kind, unless it exists.
func (c *cluster) create(ctx context.Context, object *unstructured.Unstructured) error {
	kind := object.GroupVersionKind()
	mapping, err := c.kinds.RESTMapping(kind.GroupKind(), kind.Version)
	if meta.IsNoMatchError(err) {
		// The kind may have been defined meanwhile.
		c.kinds.Reset()
	}
	if err != nil {
		return err
	}
	var client dynamic.ResourceInterface = c.objects.Resource(mapping.Resource)
	if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
		in := object.GetNamespace()
		if in == "" {
			in = namespace
		}
		client = c.objects.Resource(mapping.Resource).Namespace(in)
	}
	_, err = client.Create(ctx, object, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

// newClass creates a storage class for the length of a test, and returns its name.
func (c *cluster) newClass(t testing.TB, mode storagev1.VolumeBindingMode,
	parameters map[string]string) string {
	t.Helper()
	growing := true
	classes := c.kubernetes.StorageV1().StorageClasses()
	class, err := classes.Create(t.Context(), &storagev1.StorageClass{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "zfssa-"}, Provisioner: driverName,
		Parameters: parameters, VolumeBindingMode: &mode, AllowVolumeExpansion: &growing,
	}, metav1.CreateOptions{})
	must(t, err)
	t.Cleanup(func() {
		must(t, classes.Delete(context.Background(), class.Name, metav1.DeleteOptions{}))
	})
	return class.Name
}

func (c *cluster) class(t testing.TB) string {
	t.Helper()
	return c.newClass(t, storagev1.VolumeBindingImmediate, nil)
}

// claim creates a claim of a block volume, with changes.
func (c *cluster) claim(t testing.TB, class, name, size string,
	changes ...func(*corev1.PersistentVolumeClaim)) {
	t.Helper()
	block := corev1.PersistentVolumeBlock
	claim := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.PersistentVolumeClaimSpec{StorageClassName: &class, VolumeMode: &block,
			AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			Resources:   requests(size)}}
	for _, change := range changes {
		change(claim)
	}
	_, err := c.kubernetes.CoreV1().PersistentVolumeClaims(namespace).Create(t.Context(), claim,
		metav1.CreateOptions{})
	must(t, err)
}

func requests(size string) corev1.VolumeResourceRequirements {
	return corev1.VolumeResourceRequirements{
		Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(size)}}
}

// from makes a claim one of a copy of a snapshot or of another claim.
func from(kind, name string) func(*corev1.PersistentVolumeClaim) {
	return func(claim *corev1.PersistentVolumeClaim) {
		source := &corev1.TypedLocalObjectReference{Kind: kind, Name: name}
		if kind == "VolumeSnapshot" {
			group := "snapshot.storage.k8s.io"
			source.APIGroup = &group
		}
		claim.Spec.DataSource = source
	}
}

// update changes a claim until no other program has changed it meanwhile.
func (c *cluster) update(t testing.TB, name string, change func(*corev1.PersistentVolumeClaim)) {
	t.Helper()
	claims := c.kubernetes.CoreV1().PersistentVolumeClaims(namespace)
	eventually(t, "update of claim "+name, func(ctx context.Context) string {
		claim, err := claims.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return message(err)
		}
		change(claim)
		_, err = claims.Update(ctx, claim, metav1.UpdateOptions{})
		return message(err)
	})
}

// waitForClaim waits until a claim is as described, and returns it.
func (c *cluster) waitForClaim(t testing.TB, name string,
	missing func(*corev1.PersistentVolumeClaim) string) *corev1.PersistentVolumeClaim {
	t.Helper()
	claims := c.kubernetes.CoreV1().PersistentVolumeClaims(namespace)
	var claim *corev1.PersistentVolumeClaim
	eventually(t, "claim "+name, func(ctx context.Context) string {
		var err error
		claim, err = claims.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return message(err)
		}
		return missing(claim)
	})
	return claim
}

// bound waits until a claim is bound, and returns its volume.
func (c *cluster) bound(t testing.TB, name string) *corev1.PersistentVolume {
	t.Helper()
	claim := c.waitForClaim(t, name, func(claim *corev1.PersistentVolumeClaim) string {
		if claim.Status.Phase == corev1.ClaimBound {
			return ""
		}
		return "is " + string(claim.Status.Phase)
	})
	volume, err := c.kubernetes.CoreV1().PersistentVolumes().Get(t.Context(), claim.Spec.VolumeName,
		metav1.GetOptions{})
	must(t, err)
	return volume
}

// holds waits until the capacity of a claim is a number of GiB.
func (c *cluster) holds(t testing.TB, name string, gibs int64) {
	t.Helper()
	c.waitForClaim(t, name, func(claim *corev1.PersistentVolumeClaim) string {
		if has := claim.Status.Capacity.Storage().Value(); has != gibs*gib {
			return fmt.Sprintf("has %d bytes: %v", has, claim.Status.Conditions)
		}
		return ""
	})
}

func (c *cluster) deleteClaim(t testing.TB, name string) {
	t.Helper()
	must(t, c.kubernetes.CoreV1().PersistentVolumeClaims(namespace).Delete(t.Context(), name,
		metav1.DeleteOptions{}))
}

// pod creates a pod that uses a claim. The scheduler chooses its node.
func (c *cluster) pod(t testing.TB, name, claim string) {
	t.Helper()
	mounted := false
	_, err := c.kubernetes.CoreV1().Pods(namespace).Create(t.Context(), &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.PodSpec{AutomountServiceAccountToken: &mounted,
			Containers: []corev1.Container{{Name: "main", Image: "main",
				VolumeDevices: []corev1.VolumeDevice{{Name: "data", DevicePath: "/dev/data"}}}},
			Volumes: []corev1.Volume{{Name: "data", VolumeSource: corev1.VolumeSource{
				PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claim}}}}},
	}, metav1.CreateOptions{})
	must(t, err)
}

// deletePod deletes a pod at once, as a kubelet does after it has stopped the pod.
func (c *cluster) deletePod(t testing.TB, name string) {
	t.Helper()
	var now int64
	must(t, c.kubernetes.CoreV1().Pods(namespace).Delete(t.Context(), name,
		metav1.DeleteOptions{GracePeriodSeconds: &now}))
}

// attached waits until the volume of a claim is attached to the node.
func (c *cluster) attached(t testing.TB,
	volume *corev1.PersistentVolume) *storagev1.VolumeAttachment {
	t.Helper()
	var found *storagev1.VolumeAttachment
	eventually(t, "attachment of "+volume.Name, func(ctx context.Context) string {
		all, err := c.kubernetes.StorageV1().VolumeAttachments().List(ctx, metav1.ListOptions{})
		if err != nil {
			return message(err)
		}
		for i := range all.Items {
			one := &all.Items[i]
			if name := one.Spec.Source.PersistentVolumeName; name == nil || *name != volume.Name {
				continue
			}
			if one.Status.Attached && one.Spec.NodeName == nodeName {
				found = one
				return ""
			}
			return fmt.Sprintf("%v", one.Status.AttachError)
		}
		return "there is none"
	})
	return found
}

// nothingLeft waits until neither Kubernetes nor the appliance has an object of a test.
func (c *cluster) nothingLeft(t testing.TB) {
	t.Helper()
	eventually(t, "end of all objects", func(ctx context.Context) string {
		volumes, err := c.kubernetes.CoreV1().PersistentVolumes().List(ctx, metav1.ListOptions{})
		if err != nil {
			return message(err)
		}
		attachments, err := c.kubernetes.StorageV1().VolumeAttachments().List(ctx, metav1.ListOptions{})
		if err != nil {
			return message(err)
		}
		contents, err := c.snapshots.SnapshotV1().VolumeSnapshotContents().List(ctx, metav1.ListOptions{})
		if err != nil {
			return message(err)
		}
		// Their finalizers are removed after those of their volumes and contents, and the next case
		// uses their names again.
		claims, err := c.kubernetes.CoreV1().PersistentVolumeClaims(namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return message(err)
		}
		snapshots, err := c.snapshots.SnapshotV1().VolumeSnapshots(namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return message(err)
		}
		if len(volumes.Items)+len(attachments.Items)+len(contents.Items)+len(claims.Items)+
			len(snapshots.Items) > 0 {
			return fmt.Sprintf("%d volumes, %d attachments, %d contents of snapshots, %d claims, %d snapshots",
				len(volumes.Items), len(attachments.Items), len(contents.Items), len(claims.Items),
				len(snapshots.Items))
		}
		return c.appliance.state(t).describe()
	})
}
