package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/status"
)

// The size of the soak, by the environment: make soak-csi has the whole one.
const (
	soakVolumes = "ZFSSA_CSI_SOAK_VOLUMES"
	soakCallers = "ZFSSA_CSI_SOAK_CALLERS"
	soakSeed    = "ZFSSA_CSI_SOAK_SEED"
)

func fromEnvironment(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	number, err := strconv.Atoi(text)
	if err != nil || number < 1 {
		t.Fatalf("%s is %s: set a number of 1 or more", name, text)
	}
	return number
}

// A soak is a driver in a process of its own, a node, and the callers of both.
type soak struct {
	*testing.T
	client  client
	bench   *bench
	folder  string
	figures *figures

	mu sync.Mutex
	// Loop devices by the GUID of the volume.
	loops map[string]string
}

// attemptsOfSoak is the number of calls after which a caller gives up: more than faults explain.
const attemptsOfSoak = 20

// call makes a call until it succeeds, and counts.
func (s *soak) call(method string, one func(ctx context.Context) error) bool {
	for attempt := 1; ; attempt++ {
		ctx, cancel := context.WithTimeout(context.Background(), 2*soon)
		begin := time.Now()
		err := one(ctx)
		cancel()
		s.figures.add(method, time.Since(begin), status.Code(err))
		if err == nil {
			return true
		}
		if code := status.Code(err); !repeatable(code) || attempt == attemptsOfSoak {
			s.Errorf("%s, call %d: %v", method, attempt, err)
			return false
		}
		s.Logf("%s, call %d, repeated: %v", method, attempt, err)
	}
}

// live is the life of one volume, its snapshot and its clone. The loop device is the data of the
// volume on the node. It returns whether every call succeeded.
func (s *soak) live(number int, loop string) bool {
	name := fmt.Sprintf("soak-%d", number)
	volume, clone, snapshot := prefix+name, prefix+name+"-clone", prefix+name+"@"+prefix+name
	folder := filepath.Join(s.folder, name)
	if err := os.Mkdir(folder, 0o700); err != nil {
		s.Error(err)
		return false
	}
	staging, target := filepath.Join(folder, "staging"), filepath.Join(folder, "target")
	if err := os.Mkdir(staging, 0o700); err != nil {
		s.Error(err)
		return false
	}
	var published map[string]string
	grown := &csi.CapacityRange{RequiredBytes: 2 * gib}
	node := s.bench.node
	steps := []struct {
		method string
		call   func(ctx context.Context) error
	}{
		{"CreateVolume", func(ctx context.Context) error {
			_, err := s.client.CreateVolume(ctx, request(name, 1))
			return err
		}},
		{"ControllerPublishVolume", func(ctx context.Context) error {
			answer, err := s.client.ControllerPublishVolume(ctx, &csi.ControllerPublishVolumeRequest{VolumeId: volume, NodeId: newNode("soak"), VolumeCapability: writer})
			published = answer.GetPublishContext()
			s.mu.Lock()
			defer s.mu.Unlock()
			s.loops[strings.ToUpper(published[keyGUID])] = loop
			return err
		}},
		{"NodeStageVolume", func(ctx context.Context) error {
			_, err := node.NodeStageVolume(ctx, &csi.NodeStageVolumeRequest{VolumeId: volume, StagingTargetPath: staging, VolumeCapability: writer, PublishContext: published})
			return err
		}},
		{"NodePublishVolume", func(ctx context.Context) error {
			_, err := node.NodePublishVolume(ctx, &csi.NodePublishVolumeRequest{VolumeId: volume, StagingTargetPath: staging, TargetPath: target, VolumeCapability: writer})
			return err
		}},
		{"CreateSnapshot", func(ctx context.Context) error {
			_, err := s.client.CreateSnapshot(ctx, &csi.CreateSnapshotRequest{Name: name, SourceVolumeId: volume})
			return err
		}},
		{"CreateVolume of a snapshot", func(ctx context.Context) error {
			_, err := s.client.CreateVolume(ctx, fromSnapshot(name+"-clone", 2, snapshot))
			return err
		}},
		{"ControllerExpandVolume", func(ctx context.Context) error {
			_, err := s.client.ControllerExpandVolume(ctx, &csi.ControllerExpandVolumeRequest{VolumeId: volume, CapacityRange: grown})
			return err
		}},
		{"NodeExpandVolume", func(ctx context.Context) error {
			_, err := node.NodeExpandVolume(ctx, &csi.NodeExpandVolumeRequest{VolumeId: volume, VolumePath: target, CapacityRange: grown})
			return err
		}},
		{"NodeUnpublishVolume", func(ctx context.Context) error {
			_, err := node.NodeUnpublishVolume(ctx, &csi.NodeUnpublishVolumeRequest{VolumeId: volume, TargetPath: target})
			return err
		}},
		{"NodeUnstageVolume", func(ctx context.Context) error {
			_, err := node.NodeUnstageVolume(ctx, &csi.NodeUnstageVolumeRequest{VolumeId: volume, StagingTargetPath: staging})
			return err
		}},
		{"ControllerUnpublishVolume", func(ctx context.Context) error {
			_, err := s.client.ControllerUnpublishVolume(ctx, &csi.ControllerUnpublishVolumeRequest{VolumeId: volume, NodeId: newNode("soak")})
			return err
		}},
		{"DeleteVolume of a clone", func(ctx context.Context) error {
			_, err := s.client.DeleteVolume(ctx, &csi.DeleteVolumeRequest{VolumeId: clone})
			return err
		}},
		{"DeleteSnapshot", func(ctx context.Context) error {
			_, err := s.client.DeleteSnapshot(ctx, &csi.DeleteSnapshotRequest{SnapshotId: snapshot})
			return err
		}},
		{"DeleteVolume", func(ctx context.Context) error {
			_, err := s.client.DeleteVolume(ctx, &csi.DeleteVolumeRequest{VolumeId: volume})
			return err
		}},
	}
	for _, step := range steps {
		if !s.call(step.method, step.call) {
			return false
		}
	}
	s.mu.Lock()
	delete(s.loops, strings.ToUpper(published[keyGUID]))
	s.mu.Unlock()
	// Directories of the orchestrator; the driver has to leave them empty.
	for _, path := range []string{staging, folder} {
		if err := os.Remove(path); err != nil {
			s.Error(err)
			return false
		}
	}
	return true
}

// round has the callers live through volumes, numbered from first.
func (s *soak) round(first, volumes int, loops []string) {
	numbers := make(chan int)
	var all sync.WaitGroup
	for _, loop := range loops {
		all.Go(func() {
			for number := range numbers {
				s.live(number, loop)
			}
		})
	}
	for number := range volumes {
		numbers <- first + number
	}
	close(numbers)
	all.Wait()
}

// node returns the node of the soak: its kernel shows what the appliance presents to it.
func (s *soak) node(appliance *simulator) *bench {
	b := newBench(s.T)
	b.target = ""
	b.lookUp = func(number uint64) (found lun, ok bool) {
		var state any
		if err := json.Unmarshal(appliance.ask(s.T, "GET", "/state", nil), &state); err != nil {
			s.Error(err)
		}
		presented(state, func(guid string, bytes int64, _ string, at uint64) {
			if at == number {
				found, ok = lun{guid: strings.ToUpper(guid), bytes: bytes}, true
			}
		})
		s.mu.Lock()
		defer s.mu.Unlock()
		found.loop = s.loops[found.guid]
		return found, ok
	}
	return b
}

// Many callers give volumes a whole life while one request in a hundred to the appliance meets a
// fault. Nothing is left on the appliance and on the node, and the driver uses as much of everything
// as before.
func TestSoak(t *testing.T) {
	volumes, callers := fromEnvironment(t, soakVolumes, 40), fromEnvironment(t, soakCallers, 8)
	seed := uint64(fromEnvironment(t, soakSeed, 1+rand.IntN(1<<30)))
	t.Logf("%d volumes, %d callers, seed %d", volumes, callers, seed)
	appliance := startSimulator(t, "--trace", "0")
	config := appliance.settingsWith(t, map[string]string{"zfssa_unregister_hosts": "true", "zfssa_online_extend": "true",
		// Longer than any fault keeps a request.
		"zfssa_late_request_timeout": "3"})
	figuresOf := filepath.Join(t.TempDir(), "figures")
	t.Setenv(figuresSocket, figuresOf)
	process, client := controllerProcess(t, config, credentialsFolder(t))
	s := &soak{T: t, client: client, folder: t.TempDir(), figures: newFigures(), loops: map[string]string{}}
	s.bench = s.node(appliance)
	var loops []string
	for range callers {
		loops = append(loops, loopDevice(t, gib))
	}

	// The warm-up sets up the appliance, and opens as many connections as will be used.
	warm := max(volumes/10, 2*callers)
	s.round(0, warm, loops)
	stand := &stand{appliance: appliance}
	empty := stand.objects(t, "")
	before, nodeBefore := usageOf(t, process.command.Process.Pid, figuresOf), usageOfTest(t)
	s.figures = newFigures()
	requests := appliance.requests(t)
	calls := s.figures

	begin := time.Now()
	faults := startFaults(t, appliance, seed)
	s.round(warm, volumes, loops)
	fired := faults.stop(t)
	took := time.Since(begin)
	if t.Failed() {
		return
	}

	if left := stand.objects(t, ""); left != empty {
		t.Errorf("left on the appliance:\n%s", difference(left, empty))
	}
	s.bench.clean(&csi.NodeStageVolumeRequest{StagingTargetPath: s.folder})
	if mounts, err := os.ReadFile("/proc/self/mountinfo"); err != nil || strings.Contains(string(mounts), s.folder) {
		t.Errorf("mounts are left, %v", err)
	}
	requests = appliance.requests(t) - requests
	t.Logf("%d volumes and as many clones in %v, %d requests to the appliance, %d faults (%.2f %%): %v", volumes, took.Round(time.Second),
		requests, fired.total(), 100*float64(fired.total())/float64(requests), fired)
	t.Logf("calls, and how long they took:\n%s", calls)
	if rate := float64(fired.total()) / float64(requests); rate < 0.002 || rate > 0.02 {
		t.Errorf("%.2f %% of the requests met a fault, not 1 %%", 100*rate)
	}
	// The bounds are those of a small leak of each call: 2 KiB of memory.
	limits := usage{Goroutines: before.Goroutines, Objects: before.Objects, Files: before.Files,
		Sockets: before.Sockets + 2*callers, ResidentKiB: before.ResidentKiB + 8<<10 + 2*calls.total()}
	after := usageOf(t, process.command.Process.Pid, figuresOf)
	for begin := time.Now(); !after.within(limits) && time.Since(begin) < soon/4; {
		runtime.Gosched()
		after = usageOf(t, process.command.Process.Pid, figuresOf)
	}
	t.Logf("driver before: %v", before)
	t.Logf("driver after:  %v", after)
	if !after.within(limits) {
		t.Errorf("the driver leaks: at most %v was expected", limits)
	}
	eventually(t, "as many goroutines and descriptors of the node as before", func() bool { return usageOfTest(t).within(nodeBefore) })
}
