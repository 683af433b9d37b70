package zfssa

import (
	"context"
	"iter"
)

// PageSize is the number of entries that AllVolumes and the other iterators hold at a time, if the
// request has no Limit.
const PageSize = 1000

// AllVolumes iterates over the volumes of the backend's project, ordered by name. It holds one page
// of req.Limit volumes at a time and begins after req.Marker. An error ends the iteration; the
// entry that comes with it is nil.
func (d *Driver) AllVolumes(ctx context.Context, req ListVolumesRequest) iter.Seq2[*Volume, error] {
	return allPages(req.Marker, func(marker string) ([]*Volume, string, error) {
		page := req
		page.Marker, page.Limit = marker, pageSize(req.Limit)
		found, err := d.ListVolumes(ctx, page)
		if err != nil {
			return nil, "", err
		}
		return found.Volumes, found.NextMarker, nil
	})
}

// AllSnapshots iterates over snapshots, oldest first; see [Driver.AllVolumes].
func (d *Driver) AllSnapshots(ctx context.Context, req ListSnapshotsRequest) iter.Seq2[*Snapshot, error] {
	return allPages(req.Marker, func(marker string) ([]*Snapshot, string, error) {
		page := req
		page.Marker, page.Limit = marker, pageSize(req.Limit)
		found, err := d.ListSnapshots(ctx, page)
		if err != nil {
			return nil, "", err
		}
		return found.Snapshots, found.NextMarker, nil
	})
}

// AllManageableVolumes iterates over the LUNs of the backend's project in the requested order; see
// [Driver.AllVolumes].
func (d *Driver) AllManageableVolumes(ctx context.Context, req GetManageableVolumesRequest) iter.Seq2[*ManageableEntry, error] {
	return allPages(req.Marker, func(marker string) ([]*ManageableEntry, string, error) {
		page := req
		page.Marker, page.Limit = marker, pageSize(req.Limit)
		if marker != req.Marker {
			page.Offset = 0
		}
		found, err := d.GetManageableVolumes(ctx, page)
		if err != nil {
			return nil, "", err
		}
		return found.Entries, found.NextMarker, nil
	})
}

// AllManageableSnapshots iterates over the snapshots in the backend's project in the requested
// order; see [Driver.AllVolumes].
func (d *Driver) AllManageableSnapshots(ctx context.Context, req GetManageableSnapshotsRequest) iter.Seq2[*ManageableEntry, error] {
	return allPages(req.Marker, func(marker string) ([]*ManageableEntry, string, error) {
		page := req
		page.Marker, page.Limit = marker, pageSize(req.Limit)
		if marker != req.Marker {
			page.Offset = 0
		}
		found, err := d.GetManageableSnapshots(ctx, page)
		if err != nil {
			return nil, "", err
		}
		return found.Entries, found.NextMarker, nil
	})
}

func pageSize(limit uint32) uint32 {
	if limit == 0 {
		return PageSize
	}
	return limit
}

// allPages yields the entries of the pages that begin after a marker.
func allPages[T any](marker string, page func(marker string) ([]T, string, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for next := marker; ; {
			entries, following, err := page(next)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, entry := range entries {
				if !yield(entry, nil) {
					return
				}
			}
			if following == "" {
				return
			}
			next = following
		}
	}
}
