package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

// A client talks to a driver as an orchestrator does.
type client struct {
	csi.ControllerClient
	csi.NodeClient
	csi.IdentityClient
	csi.GroupControllerClient
}

func dial(t testing.TB, endpoint string) client {
	t.Helper()
	connection, err := grpc.NewClient(endpoint, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	return client{csi.NewControllerClient(connection), csi.NewNodeClient(connection), csi.NewIdentityClient(connection),
		csi.NewGroupControllerClient(connection)}
}

// start runs simulator and driver.
func start(t testing.TB, adjust ...func(*arguments)) (client, *simulator) {
	t.Helper()
	appliance := startSimulator(t)
	a := arguments{config: appliance.settings(t, 0), credentials: credentialsFolder(t), nodeID: nodeA, transport: "userspace-unchecked"}
	for _, change := range adjust {
		change(&a)
	}
	return dial(t, startDriver(t, a)), appliance
}

func block(mode csi.VolumeCapability_AccessMode_Mode) *csi.VolumeCapability {
	return &csi.VolumeCapability{AccessType: &csi.VolumeCapability_Block{Block: &csi.VolumeCapability_BlockVolume{}},
		AccessMode: &csi.VolumeCapability_AccessMode{Mode: mode}}
}

func mountable(kind string, mode csi.VolumeCapability_AccessMode_Mode, flags ...string) *csi.VolumeCapability {
	return &csi.VolumeCapability{AccessType: &csi.VolumeCapability_Mount{Mount: &csi.VolumeCapability_MountVolume{FsType: kind, MountFlags: flags}},
		AccessMode: &csi.VolumeCapability_AccessMode{Mode: mode}}
}

var writer = block(csi.VolumeCapability_AccessMode_SINGLE_NODE_WRITER)

func request(name string, gibs int64) *csi.CreateVolumeRequest {
	return &csi.CreateVolumeRequest{Name: name, VolumeCapabilities: []*csi.VolumeCapability{writer},
		CapacityRange: &csi.CapacityRange{RequiredBytes: gibs * gib}}
}

func (c client) create(t testing.TB, r *csi.CreateVolumeRequest) *csi.Volume {
	t.Helper()
	response, err := c.CreateVolume(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	return response.GetVolume()
}

func expect(t testing.TB, err error, code codes.Code, words ...string) {
	t.Helper()
	if status.Code(err) != code {
		t.Errorf("expected %v, not %v", code, err)
	}
	for _, word := range words {
		if !strings.Contains(fmt.Sprint(err), word) {
			t.Errorf("%v does not say %q", err, word)
		}
	}
}

func TestNames(t *testing.T) {
	long := strings.Repeat("n", 128)
	seen := map[string]string{}
	for _, name := range []string{"pvc-9b9b4f5e-63c6-4c6b-8f5a-0d8f3f1d2c3b", "snapshot-9b9b4f5e-63c6-4c6b-8f5a-0d8f3f1d2c3b", "a", "h-a", "größe", "a/b", "a b",
		long, long[:127], strings.TrimPrefix(objectName(long), prefix), strings.Repeat("x", 46), strings.Repeat("x", 47)} {
		object := objectName(name)
		if len(object) > longestName || !ours(object) {
			t.Errorf("%q gives %q", name, object)
		}
		if other, twice := seen[object]; twice {
			t.Errorf("%q and %q are both %q", name, other, object)
		}
		seen[object] = name
	}
	// The usual ones stay readable.
	if object := objectName("pvc-9b9b4f5e-63c6-4c6b-8f5a-0d8f3f1d2c3b"); object != "csi-pvc-9b9b4f5e-63c6-4c6b-8f5a-0d8f3f1d2c3b" {
		t.Error(object)
	}
	if object := objectName("snapshot-9b9b4f5e-63c6-4c6b-8f5a-0d8f3f1d2c3b"); !strings.HasPrefix(object, "csi-snapshot-") {
		t.Error(object)
	}
	for _, id := range []string{"", "csi-a", "x@csi-b", "csi-a@tmp-snapshot-b", "csi-a@csi-b/c"} {
		if _, _, _, ok, _ := (&settings{}).locateSnapshot(id); ok {
			t.Errorf("%q passed for a snapshot's id", id)
		}
	}
}

func TestFullNameIsKept(t *testing.T) {
	c, appliance := start(t)
	name := strings.Repeat("long-", 25) + "xyz"
	volume := c.create(t, request(name, 1))
	response, err := http.Get(appliance.Admin + "/state")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	if len(name) != 128 || !strings.Contains(string(text), `"`+name+`/`) {
		t.Errorf("the name of %s is not on the appliance", volume.GetVolumeId())
	}
}

// Whatever way a volume came about, asking again gives it again, and asking for something else
// does not.
func TestCreationIsIdempotent(t *testing.T) {
	c, _ := start(t)
	ctx := context.Background()
	first := c.create(t, request("v", 2))
	again := c.create(t, &csi.CreateVolumeRequest{Name: "v", VolumeCapabilities: []*csi.VolumeCapability{writer},
		CapacityRange: &csi.CapacityRange{RequiredBytes: 1, LimitBytes: 5 * gib}})
	if again.GetVolumeId() != first.GetVolumeId() || again.GetCapacityBytes() != 2*gib {
		t.Errorf("again: %v", again)
	}
	_, err := c.CreateVolume(ctx, request("v", 3))
	expect(t, err, codes.AlreadyExists)
	other := request("v", 2)
	other.Parameters = map[string]string{"volblocksize": "64k"}
	_, err = c.CreateVolume(ctx, other)
	expect(t, err, codes.AlreadyExists, "block size")
	other.Parameters = map[string]string{"colour": "blue"}
	_, err = c.CreateVolume(ctx, other)
	expect(t, err, codes.InvalidArgument, "colour")
	filesystem := request("f", 1)
	for word, wrong := range map[string]*csi.VolumeCapability{
		"access_type":  {AccessMode: writer.GetAccessMode()},
		"ntfs":         mountable("ntfs", writer.GetAccessMode().GetMode()),
		"MULTI_WRITER": mountable("ext4", csi.VolumeCapability_AccessMode_MULTI_NODE_MULTI_WRITER),
	} {
		filesystem.VolumeCapabilities = []*csi.VolumeCapability{wrong}
		_, err = c.CreateVolume(ctx, filesystem)
		expect(t, err, codes.InvalidArgument, word)
	}
	narrow := request("n", 0)
	narrow.CapacityRange = &csi.CapacityRange{RequiredBytes: gib + 1, LimitBytes: gib + 2}
	_, err = c.CreateVolume(ctx, narrow)
	expect(t, err, codes.OutOfRange)

	snapshot, err := c.CreateSnapshot(ctx, &csi.CreateSnapshotRequest{Name: "s", SourceVolumeId: first.GetVolumeId()})
	if err != nil {
		t.Fatal(err)
	}
	fromSnapshot := request("from-snapshot", 3)
	fromSnapshot.VolumeContentSource = &csi.VolumeContentSource{Type: &csi.VolumeContentSource_Snapshot{
		Snapshot: &csi.VolumeContentSource_SnapshotSource{SnapshotId: snapshot.GetSnapshot().GetSnapshotId()}}}
	fromVolume := request("from-volume", 2)
	fromVolume.VolumeContentSource = &csi.VolumeContentSource{Type: &csi.VolumeContentSource_Volume{
		Volume: &csi.VolumeContentSource_VolumeSource{VolumeId: first.GetVolumeId()}}}
	for _, r := range []*csi.CreateVolumeRequest{fromSnapshot, fromVolume} {
		made := c.create(t, r)
		if again := c.create(t, r); again.GetVolumeId() != made.GetVolumeId() || again.GetCapacityBytes() != made.GetCapacityBytes() {
			t.Errorf("%s: %v, then %v", r.GetName(), made, again)
		}
		shown, err := c.ControllerGetVolume(ctx, &csi.ControllerGetVolumeRequest{VolumeId: made.GetVolumeId()})
		if err != nil || shown.GetVolume().GetContentSource().String() != r.GetVolumeContentSource().String() {
			t.Errorf("%s: shown as %v, %v", r.GetName(), shown, err)
		}
		plain := request(r.GetName(), 3)
		_, err = c.CreateVolume(ctx, plain)
		expect(t, err, codes.AlreadyExists)
	}
	larger := request("from-snapshot", 9)
	larger.VolumeContentSource = fromSnapshot.GetVolumeContentSource()
	_, err = c.CreateVolume(ctx, larger)
	expect(t, err, codes.AlreadyExists)
	swapped := request("from-snapshot", 3)
	swapped.VolumeContentSource = fromVolume.GetVolumeContentSource()
	_, err = c.CreateVolume(ctx, swapped)
	expect(t, err, codes.AlreadyExists)
	small := request("small", 1)
	small.VolumeContentSource = fromVolume.GetVolumeContentSource()
	_, err = c.CreateVolume(ctx, small)
	expect(t, err, codes.OutOfRange)
	small.VolumeContentSource = fromSnapshot.GetVolumeContentSource()
	_, err = c.CreateVolume(ctx, small)
	expect(t, err, codes.OutOfRange)

	// What others depend on stays.
	_, err = c.DeleteVolume(ctx, &csi.DeleteVolumeRequest{VolumeId: first.GetVolumeId()})
	expect(t, err, codes.FailedPrecondition, "csi-s")
	_, err = c.DeleteSnapshot(ctx, &csi.DeleteSnapshotRequest{SnapshotId: snapshot.GetSnapshot().GetSnapshotId()})
	expect(t, err, codes.FailedPrecondition, "csi-from-snapshot")
}

// A volume for one node is not given to another, and taking it from one leaves the other alone.
func TestPublishForTheRightNodeOnly(t *testing.T) {
	c, _ := start(t)
	ctx := context.Background()
	id := c.create(t, request("v", 1)).GetVolumeId()
	publish := func(node string, capability *csi.VolumeCapability) (*csi.ControllerPublishVolumeResponse, error) {
		return c.ControllerPublishVolume(ctx, &csi.ControllerPublishVolumeRequest{VolumeId: id, NodeId: node, VolumeCapability: capability})
	}
	nodes := func() []string {
		shown, err := c.ControllerGetVolume(ctx, &csi.ControllerGetVolumeRequest{VolumeId: id})
		if err != nil {
			t.Fatal(err)
		}
		ids := shown.GetStatus().GetPublishedNodeIds()
		slices.Sort(ids)
		return ids
	}
	if _, err := publish(nodeA, writer); err != nil {
		t.Fatal(err)
	}
	_, err := publish(nodeB, writer)
	expect(t, err, codes.FailedPrecondition, "node-a")
	if got := nodes(); !slices.Equal(got, []string{nodeA}) {
		t.Errorf("published to %v", got)
	}
	_, err = c.DeleteVolume(ctx, &csi.DeleteVolumeRequest{VolumeId: id})
	expect(t, err, codes.FailedPrecondition, "node-a")
	_, err = c.ControllerExpandVolume(ctx, &csi.ControllerExpandVolumeRequest{VolumeId: id, CapacityRange: &csi.CapacityRange{RequiredBytes: 2 * gib}})
	expect(t, err, codes.FailedPrecondition, "zfssa_online_extend")

	many := block(csi.VolumeCapability_AccessMode_MULTI_NODE_MULTI_WRITER)
	if _, err := publish(nodeB, many); err != nil {
		t.Fatal(err)
	}
	if got := nodes(); !slices.Equal(got, []string{nodeA, nodeB}) {
		t.Errorf("published to %v", got)
	}
	unpublish := func(node string) {
		if _, err := c.ControllerUnpublishVolume(ctx, &csi.ControllerUnpublishVolumeRequest{VolumeId: id, NodeId: node}); err != nil {
			t.Error(err)
		}
	}
	unpublish(nodeA)
	if got := nodes(); !slices.Equal(got, []string{nodeB}) {
		t.Errorf("published to %v", got)
	}
	unpublish(nodeA)
	if _, err := publish(nodeA, many); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ControllerUnpublishVolume(ctx, &csi.ControllerUnpublishVolumeRequest{VolumeId: id, NodeId: " "}); status.Code(err) != codes.InvalidArgument {
		t.Errorf("a blank node: %v", err)
	}
	if got := nodes(); len(got) != 2 {
		t.Errorf("published to %v", got)
	}
	unpublish("")
	if got := nodes(); len(got) != 0 {
		t.Errorf("published to %v", got)
	}
	if _, err := c.DeleteVolume(ctx, &csi.DeleteVolumeRequest{VolumeId: id}); err != nil {
		t.Error(err)
	}
}

// Of two nodes that ask at once, one gets the volume.
func TestPublishRace(t *testing.T) {
	c, _ := start(t)
	for round := range 5 {
		id := c.create(t, request(fmt.Sprintf("race-%d", round), 1)).GetVolumeId()
		answers := make(chan error, 2)
		for _, node := range []string{nodeA, nodeB} {
			go func() {
				_, err := c.ControllerPublishVolume(context.Background(),
					&csi.ControllerPublishVolumeRequest{VolumeId: id, NodeId: node, VolumeCapability: writer})
				answers <- err
			}()
		}
		codesSeen := []codes.Code{status.Code(<-answers), status.Code(<-answers)}
		slices.Sort(codesSeen)
		if !slices.Equal(codesSeen, []codes.Code{codes.OK, codes.FailedPrecondition}) {
			t.Errorf("answers: %v", codesSeen)
		}
	}
}

// A group snapshot is of all its volumes or of none; its members go with it and not alone.
func TestGroupSnapshots(t *testing.T) {
	c, appliance := start(t)
	ctx := context.Background()
	ids := []string{c.create(t, request("one", 1)).GetVolumeId(), c.create(t, request("two", 1)).GetVolumeId()}
	ask := &csi.CreateVolumeGroupSnapshotRequest{Name: "group", SourceVolumeIds: ids}
	made, err := c.CreateVolumeGroupSnapshot(ctx, ask)
	if err != nil || len(made.GetGroupSnapshot().GetSnapshots()) != 2 || made.GetGroupSnapshot().GetCreationTime() == nil {
		t.Fatalf("%v %v", made, err)
	}
	id := made.GetGroupSnapshot().GetGroupSnapshotId()
	again, err := c.CreateVolumeGroupSnapshot(ctx, ask)
	if err != nil || again.String() != made.String() {
		t.Errorf("again: %v %v", again, err)
	}
	shown, err := c.GetVolumeGroupSnapshot(ctx, &csi.GetVolumeGroupSnapshotRequest{GroupSnapshotId: id})
	if err != nil || shown.GetGroupSnapshot().String() != made.GetGroupSnapshot().String() {
		t.Errorf("shown: %v %v", shown, err)
	}
	_, err = c.CreateVolumeGroupSnapshot(ctx, &csi.CreateVolumeGroupSnapshotRequest{Name: "group", SourceVolumeIds: ids[:1]})
	expect(t, err, codes.AlreadyExists)
	_, err = c.CreateVolumeGroupSnapshot(ctx, &csi.CreateVolumeGroupSnapshotRequest{Name: "other", SourceVolumeIds: []string{ids[0], "csi-none"}})
	expect(t, err, codes.NotFound)
	member := made.GetGroupSnapshot().GetSnapshots()[0]
	if member.GetGroupSnapshotId() != id {
		t.Errorf("member: %v", member)
	}
	_, err = c.DeleteSnapshot(ctx, &csi.DeleteSnapshotRequest{SnapshotId: member.GetSnapshotId()})
	expect(t, err, codes.InvalidArgument, id)
	restored := request("restored", 1)
	restored.VolumeContentSource = &csi.VolumeContentSource{Type: &csi.VolumeContentSource_Snapshot{
		Snapshot: &csi.VolumeContentSource_SnapshotSource{SnapshotId: member.GetSnapshotId()}}}
	clone := c.create(t, restored).GetVolumeId()
	_, err = c.DeleteVolumeGroupSnapshot(ctx, &csi.DeleteVolumeGroupSnapshotRequest{GroupSnapshotId: id})
	expect(t, err, codes.FailedPrecondition)
	if _, err = c.DeleteVolume(ctx, &csi.DeleteVolumeRequest{VolumeId: clone}); err != nil {
		t.Error(err)
	}
	for range 2 {
		if _, err = c.DeleteVolumeGroupSnapshot(ctx, &csi.DeleteVolumeGroupSnapshotRequest{GroupSnapshotId: id}); err != nil {
			t.Error(err)
		}
	}
	for _, volume := range ids {
		if _, err = c.DeleteVolume(ctx, &csi.DeleteVolumeRequest{VolumeId: volume}); err != nil {
			t.Error(err)
		}
	}
	if left := appliance.luns(t); left != "" {
		t.Errorf("left: %s", left)
	}
}

// What is not told stays as it is.
func TestModify(t *testing.T) {
	c, appliance := start(t)
	ctx := context.Background()
	r := request("v", 1)
	r.Parameters = map[string]string{
		"compression": "gzip", "volblocksize": "16k", "encryption": "aes-256-gcm", "keyname": "key-1", "writelimit": "1000000", "copies": "2",
	}
	id := c.create(t, r).GetVolumeId()
	_, err := c.ControllerModifyVolume(ctx, &csi.ControllerModifyVolumeRequest{VolumeId: id, MutableParameters: map[string]string{"logbias": "throughput"}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.ControllerModifyVolume(ctx, &csi.ControllerModifyVolumeRequest{VolumeId: id, MutableParameters: map[string]string{"volblocksize": "64k"}})
	expect(t, err, codes.InvalidArgument, "volblocksize is 64k: only the creation")
	_, err = c.ControllerModifyVolume(ctx, &csi.ControllerModifyVolumeRequest{VolumeId: id, MutableParameters: map[string]string{"encryption": "off"}})
	expect(t, err, codes.InvalidArgument, "encryption is off: only the creation")
	file, err := openSettings(appliance.settings(t, 0), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	config, _ := file.get().engine(file.get().home(defaultBackend), "", credentials{login: "root", password: password})
	driver, err := zfssa.New(config)
	if err != nil {
		t.Fatal(err)
	}
	defer driver.Close()
	volume, err := driver.GetVolume(ctx, zfssa.GetVolumeRequest{Name: id})
	if err != nil || volume.Logbias != "throughput" || volume.Compression != "gzip" || volume.BlockSizeBytes != 16384 || !volume.Sparse {
		t.Errorf("%+v %v", volume, err)
	}
	has := map[string]string{}
	for _, property := range volume.Properties {
		has[property.Name] = property.Value
	}
	if has["encryption"] != "aes-256-gcm" || has["writelimit"] != "1000000" || has["copies"] != "2" {
		t.Errorf("%v", has)
	}
}

// Pages neither repeat nor lose what was there all the time, whatever is added and deleted.
func TestPaging(t *testing.T) {
	c, _ := start(t)
	ctx := context.Background()
	for i := range 6 {
		c.create(t, request(fmt.Sprintf("page-%d", i), 1))
	}
	first, err := c.ListVolumes(ctx, &csi.ListVolumesRequest{MaxEntries: 3})
	if err != nil || len(first.GetEntries()) != 3 || first.GetNextToken() == "" {
		t.Fatalf("%v %v", first, err)
	}
	second, err := c.ListVolumes(ctx, &csi.ListVolumesRequest{MaxEntries: 1, StartingToken: first.GetNextToken()})
	if err != nil || len(second.GetEntries()) != 1 || second.GetEntries()[0].GetVolume().GetVolumeId() != "csi-page-3" {
		t.Errorf("%v %v", second, err)
	}
	for _, entry := range first.GetEntries() {
		if _, err := c.DeleteVolume(ctx, &csi.DeleteVolumeRequest{VolumeId: entry.GetVolume().GetVolumeId()}); err != nil {
			t.Fatal(err)
		}
	}
	c.create(t, request("page-0-later", 1))
	c.create(t, request("page-9-later", 1))
	rest, err := c.ListVolumes(ctx, &csi.ListVolumesRequest{StartingToken: first.GetNextToken()})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range rest.GetEntries() {
		names = append(names, entry.GetVolume().GetVolumeId())
	}
	if want := []string{"csi-page-3", "csi-page-4", "csi-page-5", "csi-page-9-later"}; !slices.Equal(names, want) || rest.GetNextToken() != "" {
		t.Errorf("%v, then %q", names, rest.GetNextToken())
	}
	for _, token := range []string{"3", "invalid-token", tokenAfter(""), "YWZ0ZXI"} {
		_, err := c.ListSnapshots(ctx, &csi.ListSnapshotsRequest{StartingToken: token})
		expect(t, err, codes.Aborted)
	}
}

// Credentials of calls and mounted ones, and their rotation: without a restart.
func TestCredentialsRotate(t *testing.T) {
	folder := t.TempDir()
	c, _ := start(t, func(a *arguments) { a.credentials = folder })
	ctx := context.Background()
	_, err := c.GetCapacity(ctx, &csi.GetCapacityRequest{})
	expect(t, err, codes.FailedPrecondition, "no credentials")
	r := request("v", 1)
	r.Secrets = map[string]string{"san_login": "root"}
	_, err = c.CreateVolume(ctx, r)
	expect(t, err, codes.InvalidArgument, "san_password")
	r.Secrets["san_password"] = "CANARY-old"
	_, err = c.CreateVolume(ctx, r)
	expect(t, err, codes.Unauthenticated)
	r.Secrets["san_password"] = password
	c.create(t, r)
	// A call without secrets goes with those that worked.
	if _, err = c.GetCapacity(ctx, &csi.GetCapacityRequest{}); err != nil {
		t.Error(err)
	}
	write := func(text string, leadsTo codes.Code) {
		t.Helper()
		for name, value := range map[string]string{"san_login": "root", "san_password": text} {
			if err := os.WriteFile(filepath.Join(folder, name), []byte(value+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, "the new credentials: "+leadsTo.String(), func() bool {
			_, err := c.GetCapacity(ctx, &csi.GetCapacityRequest{})
			return status.Code(err) == leadsTo
		})
	}
	write("CANARY-old", codes.Unauthenticated)
	write(password, codes.OK)
}

// A mounted token in place of a password, and its rotation: without a restart and without a login.
func TestTokenRotates(t *testing.T) {
	folder := t.TempDir()
	c, appliance := start(t, func(a *arguments) { a.credentials = folder })
	appliance.ask(t, "POST", "/options", map[string]any{"release": "OS8.8"})
	ctx := context.Background()
	file := filepath.Join(folder, "token")
	settings, err := openSettings(appliance.settings(t, 0), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	config, _ := settings.get().engine(settings.get().home(defaultBackend), "", credentials{login: "root", password: password})
	administrator, err := zfssa.Open(ctx, config)
	if err != nil {
		t.Fatal(err)
	}
	defer administrator.Close()
	if err := os.WriteFile(filepath.Join(folder, "san_login"), []byte("root\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for revoked := range 2 {
		made, err := administrator.CreateAPIToken(ctx, zfssa.CreateAPITokenRequest{
			Name: "csi", Lifetime: time.Hour, TokenFile: file,
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(made.Revoked) != revoked {
			t.Errorf("%d tokens were revoked, not %d", len(made.Revoked), revoked)
		}
		eventually(t, "the mounted token", func() bool {
			_, err := c.GetCapacity(ctx, &csi.GetCapacityRequest{})
			return status.Code(err) == codes.OK
		})
	}
	c.create(t, request("v", 1))
	if err := os.WriteFile(filepath.Join(folder, "san_password"), []byte(password), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := (&secretFolder{path: folder}).read(); err == nil || !strings.Contains(err.Error(), "remove one") {
		t.Errorf("a password and a token: %v", err)
	}
}

func TestMetrics(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	c, _ := start(t, func(a *arguments) { a.metrics = address })
	c.create(t, request("v", 1))
	_, _ = c.CreateVolume(context.Background(), request("v", 2))
	response, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	for _, line := range []string{
		`zfssa_csi_calls_total{method="CreateVolume",code="OK"} 1`,
		`zfssa_csi_calls_total{method="CreateVolume",code="AlreadyExists"} 1`,
		`zfssa_csi_operations_total{operation="create_volume",status="OK",outcome="APPLIED"} 1`,
		`zfssa_csi_operations_total{operation="create_volume",status="VOLUME_EXISTS",outcome="REJECTED"}`,
		`# TYPE zfssa_csi_appliance_requests_total counter`,
		`# TYPE zfssa_request_duration_seconds histogram`,
		`zfssa_logins_total{backend="default",pool="pool-0",project="csi",target_group="tgt-grp",driver="1"} 1`,
	} {
		if !strings.Contains(string(text), line) {
			t.Errorf("no line %s in\n%s", line, text)
		}
	}
}

// A call in flight ends before the driver does, and many at once are no trouble.
func TestManyCalls(t *testing.T) {
	c, appliance := start(t)
	var all sync.WaitGroup
	for i := range 100 {
		all.Add(1)
		go func() {
			defer all.Done()
			name := fmt.Sprintf("many-%d", i%50)
			volume, err := c.CreateVolume(context.Background(), request(name, 1))
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := c.DeleteVolume(context.Background(), &csi.DeleteVolumeRequest{VolumeId: volume.GetVolume().GetVolumeId()}); err != nil {
				t.Error(err)
			}
		}()
	}
	all.Wait()
	if left := appliance.luns(t); left != "" {
		t.Errorf("left: %s", left)
	}
}

// A node without a controller, and the settings that are refused.
func TestRoles(t *testing.T) {
	c := dial(t, startDriver(t, arguments{nodeID: nodeA, transport: "userspace-unchecked"}))
	ctx := context.Background()
	capabilities, err := c.GetPluginCapabilities(ctx, &csi.GetPluginCapabilitiesRequest{})
	if err != nil || len(capabilities.GetCapabilities()) != 1 {
		t.Errorf("%v %v", capabilities, err)
	}
	_, err = c.GetCapacity(ctx, &csi.GetCapacityRequest{})
	expect(t, err, codes.Unimplemented)
	if _, err = c.Probe(ctx, &csi.ProbeRequest{}); err != nil {
		t.Error(err)
	}
	for _, text := range []string{`{"nodes": {"a": "iqn.x:1", "b": "IQN.x:1"}}`, `{"nodes": {"default": "iqn.x:1"}}`, `{"optoins": {}}`, `{`} {
		if _, err := parseSettings("settings", []byte(text)); err == nil {
			t.Errorf("%s was accepted", text)
		}
	}
}
