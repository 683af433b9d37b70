package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
)

// A LUN whose number iSCSI cannot address is not handed to a node as one with another number.
func TestHighestLUN(t *testing.T) {
	c, appliance := start(t)
	id := c.create(t, request("v", 1)).GetVolumeId()
	for number, code := range map[int]codes.Code{highestLUN: codes.OK, highestLUN + 1: codes.ResourceExhausted} {
		appliance.ask(t, "DELETE", "/odd", nil)
		appliance.ask(t, "POST", "/odd", map[string]any{"kind": "lun", "name": id,
			"set": map[string]any{"initiatorgroup": []string{"node-a"}, "assignednumber": []int{number}}})
		err := c.publish(id, nodeA, writer)
		if code == codes.OK {
			expect(t, err, code)
		} else {
			expect(t, err, code, fmt.Sprint(number), id, "unpublish")
		}
		stage := staging(t, id, portalA, uint64(number), guidA)
		_, err = c.NodeStageVolume(context.Background(), stage)
		if (err == nil) != (code == codes.OK) {
			t.Errorf("%d: staged: %v", number, err)
		}
	}
}

// Each volume of the appliance counts that the node has, and those that it has already are published
// again.
func TestMaximumOfVolumes(t *testing.T) {
	appliance := startSimulator(t)
	c := dial(t, startDriver(t, arguments{config: appliance.settings(t, 2), credentials: credentialsFolder(t), nodeID: nodeA,
		transport: "userspace-unchecked", maxVolumes: 2}))
	info, err := c.NodeGetInfo(context.Background(), &csi.NodeGetInfoRequest{})
	if err != nil || info.GetMaxVolumesPerNode() != 2 {
		t.Errorf("%v %v", info, err)
	}
	var ids []string
	for i := range 3 {
		ids = append(ids, c.create(t, request(fmt.Sprintf("v-%d", i), 1)).GetVolumeId())
	}
	for _, id := range append(ids[:2:2], ids[0]) {
		if err := c.publish(id, nodeA, writer); err != nil {
			t.Error(err)
		}
	}
	expect(t, c.publish(ids[2], nodeA, writer), codes.ResourceExhausted, "2 volumes")
	if err := c.publish(ids[2], nodeB, writer); err != nil {
		t.Errorf("another node: %v", err)
	}
	if err := c.unpublish(ids[2], nodeB); err != nil {
		t.Error(err)
	}
	if err := c.unpublish(ids[0], nodeA); err != nil {
		t.Error(err)
	}
	if err := c.publish(ids[2], nodeA, writer); err != nil {
		t.Errorf("after a place was freed: %v", err)
	}
}

func TestLimitsAreChecked(t *testing.T) {
	for _, wrong := range []int64{-1, highestLUN + 2} {
		a := arguments{nodeID: nodeA, transport: "userspace-unchecked", maxVolumes: wrong}
		if err := serve(context.Background(), a, slog.New(slog.DiscardHandler), nil); err == nil || !strings.Contains(err.Error(), "-max-volumes is") {
			t.Errorf("-max-volumes %d: %v", wrong, err)
		}
		if _, err := parseSettings("settings", fmt.Appendf(nil, `{"maxVolumesPerNode": %d}`, wrong)); err == nil ||
			!strings.Contains(err.Error(), "maxVolumesPerNode is") {
			t.Errorf("maxVolumesPerNode %d: %v", wrong, err)
		}
	}
}
