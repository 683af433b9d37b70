package zfssa_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
)

// An iteration visits each entry once, in pages, and each list costs one request.
func TestIterators(t *testing.T) {
	ctx := context.Background()
	requests := map[string][]int{}
	driver := ready(t, func(c *zfssa.Config) {
		c.Observer = func(done zfssa.Completion) {
			requests[done.Operation] = append(requests[done.Operation], done.Requests)
		}
	})
	var names []string
	for i := range 5 {
		name := fmt.Sprintf("volume-%d", i)
		must[*zfssa.Volume](t)(driver.CreateVolume(ctx, zfssa.CreateVolumeRequest{Name: name, SizeGiB: 1}))
		must[*zfssa.Snapshot](t)(driver.CreateSnapshot(ctx, zfssa.CreateSnapshotRequest{Volume: name, Name: "snapshot-of-" + name}))
		names = append(names, name)
	}
	same := func(operation string, found []string) {
		t.Helper()
		slices.Sort(found)
		if !slices.Equal(found, names) {
			t.Errorf("%s: %v", operation, found)
		}
		pages := requests[operation]
		if len(pages) != 3 || pages[1] != 0 || pages[2] != 0 {
			t.Errorf("%s: requests of the pages: %v", operation, pages)
		}
	}

	var found []string
	all := driver.AllVolumes(ctx, zfssa.ListVolumesRequest{Limit: 2})
	for volume, err := range all {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, volume.Name)
	}
	same("list_volumes", found)
	for volume, err := range all {
		if err != nil || volume.Name != names[0] {
			t.Errorf("the second iteration begins with %v %v", volume, err)
		}
		break
	}

	found = nil
	for snapshot, err := range driver.AllSnapshots(ctx, zfssa.ListSnapshotsRequest{EveryVolume: true, Limit: 2}) {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, snapshot.Volume)
	}
	same("list_snapshots", found)

	found = nil
	for entry, err := range driver.AllManageableVolumes(ctx, zfssa.GetManageableVolumesRequest{SortDirs: []string{"desc"}, Limit: 2}) {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, entry.Reference)
	}
	if found[0] != "volume-4" {
		t.Errorf("not in the requested order: %v", found)
	}
	same("get_manageable_volumes", found)

	found = nil
	for entry, err := range driver.AllManageableSnapshots(ctx, zfssa.GetManageableSnapshotsRequest{Offset: 1, Limit: 2}) {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, entry.SourceReference)
	}
	if !slices.Equal(found, names[1:]) {
		t.Errorf("after one that is skipped: %v", found)
	}

	failed := 0
	for volume, err := range driver.AllVolumes(ctx, zfssa.ListVolumesRequest{Marker: "bad\x00marker"}) {
		if volume != nil || !errors.Is(err, zfssa.ErrInvalidArgument) {
			t.Errorf("%v %v", volume, err)
		}
		failed++
	}
	if failed != 1 {
		t.Errorf("%d errors", failed)
	}
}
