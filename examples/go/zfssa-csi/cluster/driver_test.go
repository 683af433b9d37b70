// The CSI driver: the controller, the node, and the objects that announce the node.

package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

const (
	driverName = "csi.zfssa.example.org"
	nodeName   = "node-a"
	zone       = "zone-a"
	initiator  = "iqn.2004-10.org.example:node-a"
	namespace  = "default"
)

// startCluster starts everything: appliance, control plane, driver and sidecars.
func startCluster(t testing.TB) *cluster {
	t.Helper()
	a := startAppliance(t)
	c := startControlPlane(t)
	c.appliance = a
	for _, pattern := range strings.Fields(variable(t, "ZFSSA_CSI_MANIFESTS")) {
		files, err := filepath.Glob(pattern)
		must(t, err)
		if len(files) == 0 {
			t.Fatalf("%s: no such manifest", pattern)
		}
		for _, file := range files {
			c.apply(t, file)
		}
	}
	c.startController(t)
	c.startNode(t)
	c.startSidecars(t)
	return c
}

func (c *cluster) startController(t testing.TB) {
	t.Helper()
	credentials := t.TempDir()
	write(t, credentials, "san_login", "root")
	write(t, credentials, "san_password", password)
	c.driver = run(t, newProgram(t, "controller", variable(t, "ZFSSA_CSI_DRIVER"), "-verbose",
		"-endpoint", "unix://"+c.socket("controller"), "-config", c.appliance.settings(t),
		"-credentials", credentials))
}

func (c *cluster) socket(name string) string { return filepath.Join(c.folder, name+".sock") }

// A nodeClient calls the driver of the node, as its kubelet does.
type nodeClient struct {
	csi.NodeClient
	folder string
}

// startNode starts the driver of a node, and makes the objects with which a kubelet announces it.
func (c *cluster) startNode(t testing.TB) {
	t.Helper()
	names := write(t, t.TempDir(), "initiatorname.iscsi", "InitiatorName="+initiator+"\n")
	run(t, newProgram(t, "node", variable(t, "ZFSSA_CSI_DRIVER"), "-transport", "userspace",
		"-endpoint", "unix://"+c.socket("node"), "-node-name", nodeName, "-topology", "zone="+zone,
		"-initiator-name-file", names))
	connection, err := grpc.NewClient("unix://"+c.socket("node"),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	must(t, err)
	t.Cleanup(func() { connection.Close() })
	c.node = nodeClient{csi.NewNodeClient(connection), t.TempDir()}
	info, err := c.node.NodeGetInfo(t.Context(), &csi.NodeGetInfoRequest{}, grpc.WaitForReady(true))
	must(t, err)

	room := corev1.ResourceList{corev1.ResourcePods: resource.MustParse("110"),
		corev1.ResourceCPU: resource.MustParse("4"), corev1.ResourceMemory: resource.MustParse("8Gi")}
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: nodeName,
		Labels:      info.GetAccessibleTopology().GetSegments(),
		Annotations: map[string]string{"volumes.kubernetes.io/controller-managed-attach-detach": "true"}}}
	node, err = c.kubernetes.CoreV1().Nodes().Create(t.Context(), node, metav1.CreateOptions{})
	must(t, err)
	// The API server adds the taint of a node that is not ready.
	node.Spec.Taints = nil
	node, err = c.kubernetes.CoreV1().Nodes().Update(t.Context(), node, metav1.UpdateOptions{})
	must(t, err)
	node.Status = corev1.NodeStatus{Capacity: room, Allocatable: room,
		Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}}
	_, err = c.kubernetes.CoreV1().Nodes().UpdateStatus(t.Context(), node, metav1.UpdateOptions{})
	must(t, err)
	registered := storagev1.CSINodeDriver{Name: driverName, NodeID: info.GetNodeId()}
	for key := range info.GetAccessibleTopology().GetSegments() {
		registered.TopologyKeys = append(registered.TopologyKeys, key)
	}
	_, err = c.kubernetes.StorageV1().CSINodes().Create(t.Context(), &storagev1.CSINode{
		ObjectMeta: metav1.ObjectMeta{Name: nodeName, OwnerReferences: []metav1.OwnerReference{
			{APIVersion: "v1", Kind: "Node", Name: node.Name, UID: node.UID}}},
		Spec: storagev1.CSINodeSpec{Drivers: []storagev1.CSINodeDriver{registered}},
	}, metav1.CreateOptions{})
	must(t, err)
	c.beat(t)
}

// beat reports every second that the node is ready and has no volume in use, as a kubelet does in
// longer intervals. After a failed attachment, the attach-detach controller takes the volume for
// one in use until such a report.
func (c *cluster) beat(t testing.TB) {
	t.Helper()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for tick := time.NewTicker(time.Second); ; {
			select {
			case now := <-tick.C:
				status := fmt.Sprintf(`{"status":{"conditions":[{"type":"Ready","status":"True",`+
					`"lastHeartbeatTime":%q}]}}`, now.UTC().Format(time.RFC3339))
				// The API server may be down.
				_, _ = c.kubernetes.CoreV1().Nodes().Patch(t.Context(), nodeName,
					types.StrategicMergePatchType, []byte(status), metav1.PatchOptions{}, "status")
			case <-t.Context().Done():
				return
			}
		}
	}()
	t.Cleanup(func() { <-ended })
}

// publish stages and publishes the volume of an attachment, as the node's kubelet does. The driver
// asks the LUN over iSCSI.
func (n nodeClient) publish(t testing.TB, volume *corev1.PersistentVolume,
	attachment *storagev1.VolumeAttachment) {
	t.Helper()
	staging := filepath.Join(n.folder, volume.Name)
	must(t, os.MkdirAll(staging, 0o700))
	block := &csi.VolumeCapability{
		AccessType: &csi.VolumeCapability_Block{Block: &csi.VolumeCapability_BlockVolume{}},
		AccessMode: &csi.VolumeCapability_AccessMode{
			Mode: csi.VolumeCapability_AccessMode_SINGLE_NODE_WRITER}}
	_, err := n.NodeStageVolume(t.Context(), &csi.NodeStageVolumeRequest{
		VolumeId: volume.Spec.CSI.VolumeHandle, VolumeContext: volume.Spec.CSI.VolumeAttributes,
		PublishContext: attachment.Status.AttachmentMetadata, StagingTargetPath: staging,
		VolumeCapability: block})
	must(t, err)
	_, err = n.NodePublishVolume(t.Context(), &csi.NodePublishVolumeRequest{
		VolumeId: volume.Spec.CSI.VolumeHandle, VolumeContext: volume.Spec.CSI.VolumeAttributes,
		PublishContext: attachment.Status.AttachmentMetadata, StagingTargetPath: staging,
		TargetPath: n.target(volume), VolumeCapability: block})
	must(t, err)
}

func (n nodeClient) target(volume *corev1.PersistentVolume) string {
	return filepath.Join(n.folder, volume.Name+".published")
}

// unpublish reverses publish.
func (n nodeClient) unpublish(t testing.TB, volume *corev1.PersistentVolume) {
	t.Helper()
	_, err := n.NodeUnpublishVolume(context.Background(), &csi.NodeUnpublishVolumeRequest{
		VolumeId: volume.Spec.CSI.VolumeHandle, TargetPath: n.target(volume)})
	must(t, err)
	_, err = n.NodeUnstageVolume(context.Background(), &csi.NodeUnstageVolumeRequest{
		VolumeId:          volume.Spec.CSI.VolumeHandle,
		StagingTargetPath: filepath.Join(n.folder, volume.Name)})
	must(t, err)
}
