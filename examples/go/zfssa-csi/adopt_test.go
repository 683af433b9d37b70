package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"go.yaml.in/yaml/v3"
	"google.golang.org/grpc/codes"
)

// masked is the initiator group of a LUN that no host sees.
const masked = "com.sun.ms.vss.hg.maskAll"

// makeForeign creates a LUN with the request of Oracle's driver (pkg/zfssarest/zfssa_lun.go).
func (s *simulator) makeForeign(t *testing.T, name string, initiatorGroup string, bytesOfLUN int64) {
	t.Helper()
	text, err := json.Marshal(map[string]any{"name": name, "volsize": bytesOfLUN, "volblocksize": 8192,
		"targetgroup": "default", "sparse": true, "initiatorgroup": []string{initiatorGroup}})
	if err != nil {
		t.Fatal(err)
	}
	url := fmt.Sprintf("https://127.0.0.1:%d/api/storage/v1/pools/pool-0/projects/csi/luns", s.Port)
	request, err := http.NewRequest("POST", url, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.SetBasicAuth("root", password)
	insecure := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	response, err := (&http.Client{Transport: insecure}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusCreated {
		t.Fatalf("%s: %s", name, response.Status)
	}
}

// A LUN of Oracle's driver becomes a volume of this one: published, grown and deleted.
func TestAdopt(t *testing.T) {
	appliance := startSimulator(t)
	config, folder := appliance.settings(t, 0), credentialsFolder(t)
	c := dial(t, startDriver(t, arguments{config: config, credentials: folder}))
	c.create(t, request("makes-the-project", 1))
	const lun = "pvc-3c1f0f6e-8d2b-4a57-9a55-0d3f5cf0a001"
	appliance.makeForeign(t, lun, masked, 3*gib)
	run := func(words ...string) (out, notes string, err error) {
		var o, n bytes.Buffer
		err = adopt(context.Background(), append([]string{"-config", config, "-credentials", folder}, words...), &o, &n, slog.New(slog.DiscardHandler))
		return o.String(), n.String(), err
	}
	out, notes, err := run("-lun", lun, "-class", "zfssa", "-claim", "shop/database", "-fs-type", "xfs")
	if err != nil || notes != "" {
		t.Fatalf("%v %s", err, notes)
	}
	var pv struct {
		Kind     string
		Metadata struct{ Name string }
		Spec     struct {
			Capacity struct{ Storage string }
			Reclaim  string                           `yaml:"persistentVolumeReclaimPolicy"`
			Mode     string                           `yaml:"volumeMode"`
			Class    string                           `yaml:"storageClassName"`
			Claim    struct{ Namespace, Name string } `yaml:"claimRef"`
			CSI      struct {
				Driver string
				Handle string `yaml:"volumeHandle"`
				Type   string `yaml:"fsType"`
			}
		}
	}
	if err := yaml.Unmarshal([]byte(out), &pv); err != nil {
		t.Fatal(err)
	}
	if pv.Kind != "PersistentVolume" || pv.Metadata.Name != lun || pv.Spec.Capacity.Storage != fmt.Sprint(3*gib) || pv.Spec.Reclaim != "Retain" ||
		pv.Spec.Mode != "Filesystem" || pv.Spec.Class != "zfssa" || pv.Spec.Claim.Namespace != "shop" || pv.Spec.Claim.Name != "database" ||
		pv.Spec.CSI.Driver != driverName || pv.Spec.CSI.Handle != "csi-"+lun || pv.Spec.CSI.Type != "xfs" {
		t.Errorf("%+v\n%s", pv, out)
	}
	if again, _, err := run("-lun", lun, "-class", "zfssa", "-claim", "shop/database", "-fs-type", "xfs"); err != nil || again != out {
		t.Errorf("again: %v\n%s", err, again)
	}

	ctx := context.Background()
	id := pv.Spec.CSI.Handle
	if _, err := c.ControllerPublishVolume(ctx, &csi.ControllerPublishVolumeRequest{VolumeId: id, NodeId: nodeA, VolumeCapability: writer}); err != nil {
		t.Error(err)
	}
	if _, err := c.ControllerUnpublishVolume(ctx, &csi.ControllerUnpublishVolumeRequest{VolumeId: id, NodeId: nodeA}); err != nil {
		t.Error(err)
	}
	grown, err := c.ControllerExpandVolume(ctx, &csi.ControllerExpandVolumeRequest{VolumeId: id, CapacityRange: &csi.CapacityRange{RequiredBytes: 4 * gib}})
	if err != nil || grown.GetCapacityBytes() != 4*gib {
		t.Errorf("%v %v", grown, err)
	}
	if _, err := c.DeleteVolume(ctx, &csi.DeleteVolumeRequest{VolumeId: id}); err != nil {
		t.Error(err)
	}
	if left := appliance.luns(t); strings.Contains(left, lun) {
		t.Errorf("left: %s", left)
	}
}

// A LUN that a host may be using stays as it is, and so does one that is there twice or not at all.
func TestAdoptRefuses(t *testing.T) {
	appliance := startSimulator(t)
	config, folder := appliance.settings(t, 0), credentialsFolder(t)
	c := dial(t, startDriver(t, arguments{config: config, credentials: folder}))
	c.create(t, request("managed", 1))
	appliance.makeForeign(t, "used", "node-a", gib)
	appliance.makeForeign(t, "free", masked, gib)
	for _, refused := range []struct {
		words   []string
		because string
	}{
		{nil, "-lun is missing"},
		{[]string{"-lun", "used"}, "presented to node-a"},
		{[]string{"-lun", "absent"}, "no LUN absent"},
		{[]string{"-lun", "csi-managed", "-name", "other"}, "managed already"},
		{[]string{"-lun", "free", "-name", "managed"}, "csi-managed"},
		{[]string{"-lun", "free", "-name", "Upper"}, "-name"},
		{[]string{"-lun", "free", "-claim", "database"}, "-claim"},
		{[]string{"-lun", "free", "-fs-type", "ntfs"}, "-fs-type"},
		{[]string{"-lun", "free", "-fs-type", "xfs", "-access-mode", "ReadWriteMany"}, "several nodes"},
		{[]string{"-lun", "free", "-access-mode", "RWO"}, "-access-mode"},
		{[]string{"-lun", "free", "-pool", "pool-9"}, "pool-9"},
		{[]string{"-lun", "free", "now"}, "now"},
	} {
		var out, notes bytes.Buffer
		err := adopt(context.Background(), append([]string{"-config", config, "-credentials", folder}, refused.words...), &out, &notes, slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), refused.because) || out.Len() > 0 {
			t.Errorf("%v: %v, output %q", refused.words, err, out.String())
		}
	}
	state := string(appliance.ask(t, "GET", "/state", nil))
	for _, lun := range []string{`"used"`, `"free"`} {
		if !strings.Contains(state, lun) {
			t.Errorf("%s is gone", lun)
		}
	}
	// What was not adopted is no volume of the driver.
	_, err := c.ControllerPublishVolume(context.Background(), &csi.ControllerPublishVolumeRequest{VolumeId: "free", NodeId: nodeA, VolumeCapability: writer})
	expect(t, err, codes.NotFound)
}
