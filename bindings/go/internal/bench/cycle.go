package main

import (
	"context"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
)

const initiator = "iqn.2004-10.org.example:host-a"

// engineSteps returns the operations of the cycle through the driver, and a function that closes it.
func engineSteps(config string) ([]step, func() error, error) {
	ctx := context.Background()
	driver, err := zfssa.Open(ctx, zfssa.Config{TOML: []zfssa.Source{{Path: config}}})
	if err != nil {
		return nil, nil, err
	}
	return []step{
		func(n names) error {
			_, err := driver.CreateVolume(ctx, zfssa.CreateVolumeRequest{Name: n.volume, SizeGiB: 1})
			return err
		},
		func(n names) error {
			_, err := driver.CreateSnapshot(ctx, zfssa.CreateSnapshotRequest{Volume: n.volume, Name: n.snapshot})
			return err
		},
		func(n names) error {
			_, err := driver.CreateVolumeFromSnapshot(ctx, zfssa.CreateVolumeFromSnapshotRequest{
				Name: n.clone, SizeGiB: 1, SourceVolume: n.volume, Snapshot: n.snapshot,
			})
			return err
		},
		func(n names) error {
			_, err := driver.InitializeConnection(ctx, zfssa.InitializeConnectionRequest{Volume: n.clone, Initiator: initiator})
			return err
		},
		func(n names) error {
			_, err := driver.TerminateConnection(ctx, zfssa.TerminateConnectionRequest{Volume: n.clone, Initiator: initiator})
			return err
		},
		func(n names) error {
			_, err := driver.DeleteVolume(ctx, zfssa.DeleteVolumeRequest{Name: n.clone})
			return err
		},
		func(n names) error {
			_, err := driver.DeleteSnapshot(ctx, zfssa.DeleteSnapshotRequest{Volume: n.volume, Name: n.snapshot})
			return err
		},
		func(n names) error {
			_, err := driver.DeleteVolume(ctx, zfssa.DeleteVolumeRequest{Name: n.volume})
			return err
		},
	}, driver.Close, nil
}
