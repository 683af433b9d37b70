package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
)

const (
	singleWriter = csi.VolumeCapability_AccessMode_SINGLE_NODE_SINGLE_WRITER
	multiWriter  = csi.VolumeCapability_AccessMode_SINGLE_NODE_MULTI_WRITER
	singleReader = csi.VolumeCapability_AccessMode_SINGLE_NODE_READER_ONLY
	manyReaders  = csi.VolumeCapability_AccessMode_MULTI_NODE_READER_ONLY
	manyOneWrite = csi.VolumeCapability_AccessMode_MULTI_NODE_SINGLE_WRITER
	manyWriters  = csi.VolumeCapability_AccessMode_MULTI_NODE_MULTI_WRITER
)

// userspaceBench is a node whose publications are files.
func userspaceBench(t *testing.T) *bench {
	return &bench{t: t, node: &node{id: nodeA, transport: &userspace{initiator: nodeA},
		logger: slog.New(slog.DiscardHandler)}}
}

// CSI's table of a second NodePublishVolume: for each access mode, the codes of the same path with
// the same and with another readonly, and of another path.
func TestSecondPublication(t *testing.T) {
	for _, of := range []struct {
		mode  csi.VolumeCapability_AccessMode_Mode
		other codes.Code
	}{
		{singleWriter, codes.FailedPrecondition},
		{singleReader, codes.FailedPrecondition},
		{single, codes.OK}, // see sole
		{multiWriter, codes.OK},
		{manyReaders, codes.OK},
		{manyOneWrite, codes.OK},
		{manyWriters, codes.OK},
	} {
		t.Run(of.mode.String(), func(t *testing.T) {
			b := userspaceBench(t)
			stage := staging(t, "csi-v", portalA, 3, guidA)
			stage.VolumeCapability = block(of.mode)
			b.must(b.stage(stage))
			folder := t.TempDir()
			one, two := filepath.Join(folder, "one"), filepath.Join(folder, "two")
			b.must(b.publish(stage, one, false))
			b.must(b.publish(stage, one, false))
			changed := codes.AlreadyExists
			if readerOnly(stage.VolumeCapability) {
				// Such a mode is read-only without the flag, too.
				changed = codes.OK
			}
			expect(t, b.publish(stage, one, true), changed)
			for _, readonly := range []bool{false, true} {
				expect(t, b.publish(stage, two, readonly), of.other)
				b.must(b.unpublish(stage, two))
			}
			// A path that is no longer used counts no more, also after a repeated stage.
			b.must(b.unpublish(stage, one))
			b.must(b.stage(stage))
			b.must(b.publish(stage, two, true))
			expect(t, b.publish(stage, one, true), of.other)
		})
	}
}

// The single writer stays single if a later call has another access mode, and after a restart and a
// repeated stage.
func TestSingleWriterStaysSingle(t *testing.T) {
	b := userspaceBench(t)
	stage := staging(t, "csi-v", portalA, 3, guidA)
	folder := t.TempDir()
	one, two := filepath.Join(folder, "one"), filepath.Join(folder, "two")
	b.must(b.stage(stage))
	stage.VolumeCapability = block(singleWriter)
	b.must(b.publish(stage, one, false))
	stage.VolumeCapability = block(multiWriter)
	expect(t, b.publish(stage, two, false), codes.FailedPrecondition, one)
	b.node = userspaceBench(t).node
	b.must(b.stage(stage))
	expect(t, b.publish(stage, two, false), codes.FailedPrecondition, one)
	if _, err := os.Lstat(two); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("published: %v", err)
	}
	b.must(b.unpublish(stage, one))
	b.must(b.publish(stage, two, false))
	// Nor does it come second.
	stage.VolumeCapability = block(singleWriter)
	expect(t, b.publish(stage, one, false), codes.FailedPrecondition, two)
}

// A device that is published keeps its mode, and a publication that failed does not count.
func TestModeOfAPublishedDevice(t *testing.T) {
	b := newBench(t)
	b.present(3, lun{guid: guidA, bytes: gib, loop: loopDevice(t, gib)})
	stage := staging(t, "csi-v", portalA, 3, guidA)
	b.must(b.stage(stage))
	folder := t.TempDir()
	one, two := filepath.Join(folder, "one"), filepath.Join(folder, "two")
	for _, readonly := range []bool{false, true} {
		b.must(b.publish(stage, one, readonly))
		expect(t, b.publish(stage, one, !readonly), codes.AlreadyExists, one, fmt.Sprintf("readonly %v", readonly))
		if err := writes(one); (err != nil) != readonly {
			t.Errorf("readonly %v, and writing gives %v", readonly, err)
		}
		b.must(b.unpublish(stage, one))
	}
	// What an interrupted call left at a path is no publication.
	if err := os.WriteFile(two, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	record, err := readStaged(stage.StagingTargetPath)
	if err != nil {
		t.Fatal(err)
	}
	record.Targets, record.Publications = []string{two}, map[string]publication{two: {Sole: true}}
	b.must(record.write(stage.StagingTargetPath))
	b.must(b.publish(stage, one, false))
	expect(t, b.publish(stage, two, true), codes.FailedPrecondition, one)
	b.must(b.publish(stage, two, false))
	b.must(b.unpublish(stage, one))
	b.must(b.unpublish(stage, two))
	b.must(b.unstage(stage))
	b.clean(stage)
}

// A volume that is staged without a writer gets none, and one type of file system is not taken for
// another.
func TestPublicationOfAReader(t *testing.T) {
	b := newBench(t)
	stage := b.mountStaging("ext4", loopDevice(t, gib))
	path := filepath.Join(t.TempDir(), "target")
	b.must(b.stage(stage))
	stage.VolumeCapability = mountable("xfs", single)
	expect(t, b.publish(stage, path, false), codes.FailedPrecondition, "ext4", "xfs")
	stage.VolumeCapability = mountable("ext4", single)
	b.must(b.unstage(stage))
	stage.VolumeCapability = mountable("ext4", manyReaders)
	b.must(b.stage(stage))
	stage.VolumeCapability = mountable("ext4", multiWriter)
	expect(t, b.publish(stage, path, false), codes.FailedPrecondition, "without a writer")
	if isPublished(path) {
		t.Error("published")
	}
	b.must(b.publish(stage, path, true))
	b.must(b.unpublish(stage, path))
	b.must(b.unstage(stage))
	b.clean(stage)
}
