package zfssa_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
)

// The life cycle of a volume, through every operation of the library.
func TestOperations(t *testing.T) {
	ctx := context.Background()
	var mu sync.Mutex
	seen := map[string]int{}
	driver := ready(t, func(c *zfssa.Config) {
		c.Observer = func(done zfssa.Completion) {
			mu.Lock()
			defer mu.Unlock()
			seen[done.Operation] += max(1, done.Requests)
		}
	})

	echoed := must[*zfssa.EchoReply](t)(driver.Echo(ctx, zfssa.EchoRequest{Message: "größe"}))
	if echoed.Message != "größe" {
		t.Errorf("echoed %q", echoed.Message)
	}
	report := must[*zfssa.SetupReport](t)(driver.DoSetup(ctx))
	if report.TargetIQN == "" || len(report.TargetPortals) != 1 || len(report.Changes) != 0 {
		t.Errorf("second setup: %+v", report)
	}
	certificate := must[*zfssa.Certificate](t)(driver.GetCertificate(ctx))
	if len(certificate.SHA256) != 32*3-1 || !strings.HasPrefix(certificate.PEM, "-----BEGIN") {
		t.Errorf("certificate: %+v", certificate)
	}

	recovered := must[*zfssa.RecoverReport](t)(driver.Recover(ctx, zfssa.RecoverRequest{Operations: []string{"an operation of nobody"}}))
	for _, one := range recovered.Recovered {
		if one.Settled.String() == "UNKNOWN" || one.Message == "" {
			t.Errorf("recovered: %+v", one)
		}
	}

	create := zfssa.CreateVolumeRequest{Name: "volume-1", SizeGiB: 2, ExtraSpecs: map[string]string{
		"zfssa:compression": "lzjb", "other:scope": "passed over"}}
	volume := must[*zfssa.Volume](t)(driver.CreateVolume(ctx, create))
	if !volume.Created || volume.SizeBytes != 2<<30 || volume.Compression != "lzjb" || !volume.Sparse ||
		volume.Managed == nil || !*volume.Managed || volume.Origin != nil || len(volume.InitiatorGroups) != 0 {
		t.Errorf("created: %+v", volume)
	}
	if again := must[*zfssa.Volume](t)(driver.CreateVolume(ctx, create)); again.Created || again.GUID != volume.GUID {
		t.Errorf("created again: %+v", again)
	}
	grown := must[*zfssa.Volume](t)(driver.ExtendVolume(ctx, zfssa.ExtendVolumeRequest{Name: "volume-1", SizeGiB: 3}))
	if grown.SizeBytes != 3<<30 {
		t.Errorf("grown: %+v", grown)
	}
	looked := must[*zfssa.Volume](t)(driver.GetVolume(ctx, zfssa.GetVolumeRequest{Name: "volume-1"}))
	if looked.GUID != volume.GUID || looked.CreatedAt == "" {
		t.Errorf("looked up: %+v", looked)
	}

	snap := zfssa.CreateSnapshotRequest{Volume: "volume-1", Name: "snapshot-1"}
	if taken := must[*zfssa.Snapshot](t)(driver.CreateSnapshot(ctx, snap)); !taken.Created || taken.Volume != "volume-1" {
		t.Errorf("snapshot: %+v", taken)
	}
	snapshots := must[*zfssa.Snapshots](t)(driver.ListSnapshots(ctx, zfssa.ListSnapshotsRequest{Volume: "volume-1"})).Snapshots
	if len(snapshots) != 1 || snapshots[0].Name != "snapshot-1" {
		t.Errorf("snapshots: %+v", snapshots)
	}
	clone := must[*zfssa.Volume](t)(driver.CreateVolumeFromSnapshot(ctx, zfssa.CreateVolumeFromSnapshotRequest{
		Name: "volume-2", SizeGiB: 4, SourceVolume: "volume-1", Snapshot: "snapshot-1"}))
	if clone.SizeBytes != 4<<30 || clone.Origin == nil || clone.Origin.Snapshot != "snapshot-1" || clone.Origin.Volume != "volume-1" {
		t.Errorf("clone: %+v", clone)
	}
	must[*zfssa.Volume](t)(driver.CreateClonedVolume(ctx, zfssa.CreateClonedVolumeRequest{
		Name: "volume-3", SizeGiB: 3, SourceVolume: "volume-1"}))
	volumes := must[*zfssa.Volumes](t)(driver.ListVolumes(ctx, zfssa.ListVolumesRequest{Prefix: "volume-"})).Volumes
	if len(volumes) != 3 || volumes[2].Name != "volume-3" {
		t.Errorf("volumes: %+v", volumes)
	}
	if none := must[*zfssa.Volumes](t)(driver.ListVolumes(ctx, zfssa.ListVolumesRequest{Prefix: "x"})); none.Volumes != nil {
		t.Errorf("volumes of another prefix: %+v", none)
	}

	if err := driver.CreateExport(ctx, zfssa.CreateExportRequest{Volume: "volume-1"}); err != nil {
		t.Error(err)
	}
	if err := driver.EnsureExport(ctx, zfssa.EnsureExportRequest{Volume: "volume-1"}); err != nil {
		t.Error(err)
	}
	attach := func(initiator string) *zfssa.Connection {
		return must[*zfssa.Connection](t)(driver.InitializeConnection(ctx, zfssa.InitializeConnectionRequest{
			Volume: "volume-1", VolumeID: "1", Initiator: initiator}))
	}
	connection := attach(hostA)
	if !connection.Changed || connection.TargetIQN != report.TargetIQN || connection.VolumeID != "1" ||
		!reflect.DeepEqual(connection.TargetLUNs, []uint32{connection.TargetLUN}) || connection.TargetDiscovered {
		t.Errorf("connection: %+v", connection)
	}
	attach(hostB)
	detached := must[*zfssa.DetachReport](t)(driver.TerminateConnection(ctx, zfssa.TerminateConnectionRequest{
		Volume: "volume-1", Initiator: hostA}))
	if !detached.Changed || detached.StillPresented || !reflect.DeepEqual(detached.InitiatorGroups, []string{"host-b"}) {
		t.Errorf("detached: %+v", detached)
	}
	// An empty list means that no attachment remains; nil means that the attachments are unknown.
	detached = must[*zfssa.DetachReport](t)(driver.TerminateConnection(ctx, zfssa.TerminateConnectionRequest{
		Volume: "volume-1", Initiator: hostB, StillAttached: []string{}}))
	if !detached.Changed || len(detached.InitiatorGroups) != 0 {
		t.Errorf("detached: %+v", detached)
	}
	if err := driver.RemoveExport(ctx, zfssa.RemoveExportRequest{Volume: "volume-1"}); err != nil {
		t.Error(err)
	}

	stats := must[*zfssa.VolumeStats](t)(driver.GetVolumeStats(ctx))
	if stats.TotalVolumes != 3 || stats.TotalCapacityBytes == 0 || !stats.Multiattach || stats.StorageProtocol != "iSCSI" ||
		stats.ThickProvisioningSupport {
		t.Errorf("stats: %+v", stats)
	}

	// Unmanage a snapshot and a volume, list them, and manage them again.
	let := must[*zfssa.UnmanageReport](t)(driver.UnmanageSnapshot(ctx, zfssa.UnmanageSnapshotRequest{Volume: "volume-1", Name: "snapshot-1"}))
	if !let.Changed || let.Name != "snapshot-1" {
		t.Errorf("let go: %+v", let)
	}
	manageable := must[*zfssa.ManageableList](t)(driver.GetManageableSnapshots(ctx, zfssa.GetManageableSnapshotsRequest{
		SortKeys: []string{"reference"}, SortDirs: []string{"asc"}}))
	if len(manageable.Entries) == 0 || manageable.Entries[0].SourceReference != "volume-1" {
		t.Errorf("manageable: %+v", manageable)
	}
	size := must[*zfssa.ExistingSize](t)(driver.ManageExistingSnapshotGetSize(ctx, zfssa.ManageExistingSnapshotGetSizeRequest{
		Volume: "volume-1", SourceName: let.NewName}))
	if size.SizeGiB != 3 {
		t.Errorf("size: %+v", size)
	}
	back := must[*zfssa.ManagedSnapshot](t)(driver.ManageExistingSnapshot(ctx, zfssa.ManageExistingSnapshotRequest{
		Volume: "volume-1", Name: "snapshot-1", SourceName: let.NewName}))
	if !back.Changed || back.PreviousName != let.NewName || back.Snapshot == nil || back.Snapshot.Name != "snapshot-1" {
		t.Errorf("taken back: %+v", back)
	}
	let = must[*zfssa.UnmanageReport](t)(driver.Unmanage(ctx, zfssa.UnmanageRequest{Name: "volume-3"}))
	size = must[*zfssa.ExistingSize](t)(driver.ManageExistingGetSize(ctx, zfssa.ManageExistingGetSizeRequest{SourceName: let.NewName}))
	if size.SizeBytes != 3<<30 {
		t.Errorf("size: %+v", size)
	}
	// Two volumes are managed; the third entry is the unmanaged one.
	manageable = must[*zfssa.ManageableList](t)(driver.GetManageableVolumes(ctx, zfssa.GetManageableVolumesRequest{
		CinderVolumes: []zfssa.KnownVolume{{ID: "id-1", Name: "volume-1"}, {ID: "id-2", Name: "volume-2"}}}))
	found := map[string]*zfssa.ManageableEntry{}
	for _, entry := range manageable.Entries {
		found[entry.Reference] = entry
	}
	if manageable.Total != 3 || found["volume-2"].CinderID != "id-2" || found["volume-2"].SafeToManage || !found[let.NewName].SafeToManage {
		t.Errorf("manageable: %+v", found)
	}
	taken := must[*zfssa.ManageReport](t)(driver.ManageExisting(ctx, zfssa.ManageExistingRequest{
		Name: "volume-3", SourceName: let.NewName, KeepPresentation: true}))
	if !taken.Changed || taken.Volume == nil || taken.Volume.Name != "volume-3" {
		t.Errorf("taken: %+v", taken)
	}

	// Retype, revert, and rename.
	retyped := must[*zfssa.RetypeReport](t)(driver.Retype(ctx, zfssa.RetypeRequest{Name: "volume-2", ExtraSpecs: map[string]string{"zfssa:logbias": "throughput"}}))
	if !retyped.InPlace || retyped.Volume == nil || retyped.Volume.Logbias != "throughput" {
		t.Errorf("retyped: %+v", retyped)
	}
	must[*zfssa.Snapshot](t)(driver.CreateSnapshot(ctx, zfssa.CreateSnapshotRequest{Volume: "volume-3", Name: "snapshot-3"}))
	must[*zfssa.Volume](t)(driver.RevertToSnapshot(ctx, zfssa.RevertToSnapshotRequest{Volume: "volume-3", Snapshot: "snapshot-3"}))
	must[*zfssa.DeleteReport](t)(driver.DeleteSnapshot(ctx, zfssa.DeleteSnapshotRequest{Volume: "volume-3", Name: "snapshot-3"}))
	info := must[*zfssa.ProviderInfo](t)(driver.UpdateProviderInfo(ctx, zfssa.UpdateProviderInfoRequest{
		Volumes: []zfssa.KnownVolume{{ID: "1", Name: "volume-1"}, {ID: "9", Name: "volume-9"}}}))
	if len(info.Volumes) != 1 || info.Volumes[0].ID != "1" || !reflect.DeepEqual(info.MissingVolumes, []string{"9"}) {
		t.Errorf("provider info: %+v", info)
	}
	must[*zfssa.Volume](t)(driver.CreateVolume(ctx, zfssa.CreateVolumeRequest{Name: "volume-5", SizeGiB: 1}))
	migrated := must[*zfssa.MigratedVolume](t)(driver.UpdateMigratedVolume(ctx, zfssa.UpdateMigratedVolumeRequest{
		OriginalName: "volume-4", CurrentName: "volume-5"}))
	if !migrated.Renamed || migrated.Name != "volume-4" || migrated.NameID != "" {
		t.Errorf("migrated: %+v", migrated)
	}

	// A migration without a valid destination is declined. Neither the destination nor a password
	// is printed.
	request := zfssa.MigrateVolumeRequest{Name: "volume-1", LocationInfo: "CANARY-location", Login: "root", Password: password}
	declined := must[*zfssa.Migration](t)(driver.MigrateVolume(ctx, request))
	if declined.Migrated || declined.Declined == "" || declined.Reason == "" {
		t.Errorf("migration: %+v", declined)
	}
	if printed := fmt.Sprintf("%v %+v %#v", request, request, request); strings.Contains(printed, "CANARY") {
		t.Error("a request prints its secrets")
	}

	// A group of two volumes, its consistent snapshot, a group created from that, and their
	// deletion.
	if err := driver.CreateGroup(ctx, zfssa.CreateGroupRequest{ID: "group-1"}); err != nil {
		t.Error(err)
	}
	if err := driver.UpdateGroup(ctx, zfssa.UpdateGroupRequest{ID: "group-1", AddVolumes: []string{"volume-1", "volume-4"}}); err != nil {
		t.Error(err)
	}
	members := []zfssa.GroupMember{{Volume: "volume-1", Snapshot: "group-snapshot"}, {Volume: "volume-4", Snapshot: "group-snapshot"}}
	together := must[*zfssa.Snapshots](t)(driver.CreateGroupSnapshot(ctx, zfssa.CreateGroupSnapshotRequest{ID: "gs-1", Members: members})).Snapshots
	if len(together) != 2 || together[0].Name != "group-snapshot" {
		t.Errorf("group snapshot: %+v", together)
	}
	clones := must[*zfssa.Volumes](t)(driver.CreateGroupFromSrc(ctx, zfssa.CreateGroupFromSrcRequest{ID: "group-2", Volumes: []zfssa.GroupClone{
		{Name: "volume-6", SourceVolume: "volume-1", Snapshot: "group-snapshot", SizeGiB: 3},
		{Name: "volume-7", SourceVolume: "volume-4", Snapshot: "group-snapshot", SizeGiB: 2, ExtraSpecs: map[string]string{"zfssa:logbias": "throughput"}}}})).Volumes
	if len(clones) != 2 || clones[1].SizeBytes != 2<<30 || clones[1].Logbias != "throughput" {
		t.Errorf("group from source: %+v", clones)
	}
	part := must[*zfssa.GroupDeleteReport](t)(driver.DeleteGroupSnapshot(ctx, zfssa.DeleteGroupSnapshotRequest{ID: "gs-1", Members: members}))
	if part.AllDeleted || len(part.Parts) != 2 || part.Parts[0].Status != zfssa.ErrSnapshotBusy {
		t.Errorf("snapshots that are in use: %+v", part.Parts[0])
	}
	gone := must[*zfssa.GroupDeleteReport](t)(driver.DeleteGroup(ctx, zfssa.DeleteGroupRequest{ID: "group-2", Volumes: []string{"volume-6", "volume-7"}}))
	if !gone.AllDeleted {
		t.Errorf("group: %+v", gone)
	}
	gone = must[*zfssa.GroupDeleteReport](t)(driver.DeleteGroupSnapshot(ctx, zfssa.DeleteGroupSnapshotRequest{ID: "gs-1", Members: members}))
	if !gone.AllDeleted {
		t.Errorf("group snapshot: %+v", gone)
	}
	must[*zfssa.DeleteReport](t)(driver.DeleteVolume(ctx, zfssa.DeleteVolumeRequest{Name: "volume-4"}))
	audit := must[*zfssa.AuditReport](t)(driver.Audit(ctx, zfssa.AuditRequest{
		Volumes: []string{"volume-1", "volume-2", "volume-3"}, Snapshots: []string{"snapshot-1"}, MinAge: time.Second}))
	for _, finding := range audit.Findings {
		if finding.Kind == "" || finding.Object == "" {
			t.Errorf("audit: %+v", finding)
		}
	}

	for _, name := range []string{"volume-3", "volume-2"} {
		if gone := must[*zfssa.DeleteReport](t)(driver.DeleteVolume(ctx, zfssa.DeleteVolumeRequest{Name: name})); !gone.Existed {
			t.Errorf("%s was not there", name)
		}
	}
	must[*zfssa.DeleteReport](t)(driver.DeleteSnapshot(ctx, zfssa.DeleteSnapshotRequest{Volume: "volume-1", Name: "snapshot-1"}))
	must[*zfssa.DeleteReport](t)(driver.DeleteVolume(ctx, zfssa.DeleteVolumeRequest{Name: "volume-1"}))
	if gone := must[*zfssa.DeleteReport](t)(driver.DeleteVolume(ctx, zfssa.DeleteVolumeRequest{Name: "volume-1"})); gone.Existed {
		t.Error("deleted twice")
	}

	var former struct {
		Release string `json:"release"`
	}
	if err := json.Unmarshal(appliance.ask(t, "GET", "/options", nil), &former); err != nil {
		t.Fatal(err)
	}
	// API tokens need a newer release of the appliance.
	appliance.ask(t, "POST", "/options", map[string]string{"release": "OS8.8"})
	defer appliance.ask(t, "POST", "/options", former)
	token := must[*zfssa.APIToken](t)(driver.CreateAPIToken(ctx, zfssa.CreateAPITokenRequest{
		Name: "host-1", Lifetime: time.Hour, TokenFile: filepath.Join(t.TempDir(), "token")}))
	if !strings.HasPrefix(token.Name, "host-1-") {
		t.Errorf("token: %+v", token)
	}

	for _, name := range operationNames() {
		if seen[name] == 0 && !untested[name] {
			t.Errorf("%s was not called", name)
		}
	}
}

// untested lists the operations that other tests call.
var untested = map[string]bool{"clone_image": true, "clone_image_with": true}

// operationNames returns the C names of the operations: the methods of the driver that take a
// context, without Shutdown.
func operationNames() []string {
	var names []string
	driver := reflect.TypeFor[*zfssa.Driver]()
	for i := range driver.NumMethod() {
		method := driver.Method(i)
		if strings.HasPrefix(method.Name, "All") {
			continue // An iterator over an operation.
		}
		if method.Type.NumIn() < 2 || method.Type.In(1) != reflect.TypeFor[context.Context]() || method.Name == "Shutdown" {
			continue
		}
		var name strings.Builder
		for j, letter := range strings.Replace(method.Name, "API", "Api", 1) {
			if letter >= 'A' && letter <= 'Z' && j > 0 {
				name.WriteByte('_')
			}
			name.WriteRune(letter)
		}
		names = append(names, strings.ToLower(name.String()))
	}
	return names
}

// An empty name never selects every host.
func TestEveryHostHasToBeAskedFor(t *testing.T) {
	driver := ready(t)
	ctx := context.Background()
	must[*zfssa.Volume](t)(driver.CreateVolume(ctx, zfssa.CreateVolumeRequest{Name: "volume-1", SizeGiB: 1}))
	for _, host := range []string{hostA, hostB} {
		must[*zfssa.Connection](t)(driver.InitializeConnection(ctx, zfssa.InitializeConnectionRequest{Volume: "volume-1", Initiator: host}))
	}
	for _, request := range []zfssa.TerminateConnectionRequest{
		{Volume: "volume-1"},
		{Volume: "volume-1", Initiator: hostA, EveryHost: true},
	} {
		if _, err := driver.TerminateConnection(ctx, request); !errors.Is(err, zfssa.ErrInvalidArgument) {
			t.Errorf("%+v: %v", request, err)
		}
	}
	if _, err := driver.ListSnapshots(ctx, zfssa.ListSnapshotsRequest{}); !errors.Is(err, zfssa.ErrInvalidArgument) {
		t.Errorf("snapshots of nothing: %v", err)
	}
	volume := must[*zfssa.Volume](t)(driver.GetVolume(ctx, zfssa.GetVolumeRequest{Name: "volume-1"}))
	if len(volume.InitiatorGroups) != 2 {
		t.Errorf("a host was cut off: %v", volume.InitiatorGroups)
	}
	detached := must[*zfssa.DetachReport](t)(driver.TerminateConnection(ctx, zfssa.TerminateConnectionRequest{Volume: "volume-1", EveryHost: true}))
	if len(detached.InitiatorGroups) != 0 {
		t.Errorf("every host: %+v", detached)
	}
}
