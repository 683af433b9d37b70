package main

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
)

// workAlongside has a second controller, in a process of its own, work on other volumes of the backend
// until the function that it returns is called. That fails the test if a call failed, and leaves
// nothing.
//
// The suite counts the volumes that ListVolumes shows. So the second controller makes and deletes
// its volumes in another project, and keeps one in the project of the suite, which it attaches and
// changes.
func workAlongside(t *testing.T, appliance *simulator, locks *etcd) func() {
	t.Helper()
	const project = "second"
	config := appliance.settingsWith(t, locks.options(), func(s *settings) { s.Projects = []string{project} })
	_, c := controllerProcess(t, config, credentialsFolder(t))
	ctx, stop := context.WithCancel(context.Background())
	kept := c.create(t, request("second", 1)).GetVolumeId()
	ended := make(chan error, 1)
	rounds := 0
	go func() {
		for ctx.Err() == nil {
			if err := oneRound(c, kept, project, rounds); err != nil {
				ended <- fmt.Errorf("round %d: %w", rounds, err)
				return
			}
			rounds++
		}
		_, err := c.DeleteVolume(context.Background(), &csi.DeleteVolumeRequest{VolumeId: kept})
		ended <- err
	}()
	return func() {
		stop()
		if err := receive(t, ended, "the second controller"); err != nil {
			t.Errorf("the second controller: %v", err)
		}
		t.Logf("the second controller: %d rounds during the suite", rounds)
		if rounds == 0 {
			t.Error("the second controller did nothing")
		}
	}
}

func oneRound(c client, kept, project string, round int) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	modify := func(compression string) error {
		_, err := c.ControllerModifyVolume(ctx, &csi.ControllerModifyVolumeRequest{VolumeId: kept,
			MutableParameters: map[string]string{"compression": compression}})
		return err
	}
	r := request(fmt.Sprintf("second-%d", round), 1)
	r.Parameters = map[string]string{parameterProject: project}
	made, err := c.CreateVolume(ctx, r)
	if err != nil {
		return err
	}
	id := made.GetVolume().GetVolumeId()
	_, err = c.ControllerExpandVolume(ctx, &csi.ControllerExpandVolumeRequest{VolumeId: id, CapacityRange: &csi.CapacityRange{RequiredBytes: 2 * gib}})
	err = errors.Join(err, c.publish(id, nodeB, writer), c.publish(kept, nodeB, writer), modify("lz4"),
		c.unpublish(kept, nodeB), c.unpublish(id, nodeB), modify("off"))
	_, deletion := c.DeleteVolume(ctx, &csi.DeleteVolumeRequest{VolumeId: id})
	return errors.Join(err, deletion)
}
