package zfssa_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
)

func image(id, volume string) zfssa.CloneImageRequest {
	return zfssa.CloneImageRequest{
		Name: volume, SizeGiB: 1, ImageID: id, ImageUpdatedAt: "2024-01-01", ImageVirtualSize: 1 << 20, Initiator: hostA,
	}
}

func TestAnImageIsTransferredOnce(t *testing.T) {
	driver := ready(t)
	var steps []zfssa.Progress
	ctx := zfssa.WithProgress(context.Background(), func(p zfssa.Progress) { steps = append(steps, p) })
	asked := 0
	write := func(ctx context.Context, connection *zfssa.Connection) error {
		asked++
		if connection.TargetIQN == "" || connection.TargetPortal != "127.0.0.1:3260" || ctx.Err() != nil {
			t.Errorf("connection: %+v", connection)
		}
		return nil
	}
	first := must[*zfssa.ClonedImage](t)(driver.CloneImageWith(ctx, image("go-once", "volume-1"), write))
	if !first.Transferred || first.Volume == nil || first.Volume.Name != "volume-1" || first.Declined != "" {
		t.Errorf("first: %+v", first)
	}
	second := must[*zfssa.ClonedImage](t)(driver.CloneImageWith(ctx, image("go-once", "volume-2"), write))
	if second.Transferred || second.CacheEntry != first.CacheEntry || asked != 1 {
		t.Errorf("second: %+v, asked %d times", second, asked)
	}
	if len(steps) == 0 {
		t.Error("no progress was told")
	}
	for _, step := range steps {
		if step.Step == "" || step.Done > step.Total {
			t.Errorf("progress: %+v", step)
		}
	}
	for _, volume := range []string{"volume-1", "volume-2"} {
		must[*zfssa.DeleteReport](t)(driver.DeleteVolume(ctx, zfssa.DeleteVolumeRequest{Name: volume}))
	}
}

// A failed or cancelled transfer is rolled back, and the error contains the reason.
func TestATransferThatEndsBadly(t *testing.T) {
	driver := ready(t)
	rolledBack := func(err error, status zfssa.Status) {
		t.Helper()
		var failed *zfssa.Error
		if !errors.As(err, &failed) || failed.Status != status || failed.Outcome != zfssa.OutcomeRolledBack {
			t.Fatalf("%v", err)
		}
	}
	fail := func(context.Context, *zfssa.Connection) error { return errors.New("the disk\x00 is full \xff") }
	_, err := driver.CloneImageWith(context.Background(), image("go-bad", "volume-1"), fail)
	rolledBack(err, zfssa.ErrTransfer)
	if !strings.Contains(err.Error(), "is full") {
		t.Errorf("%v", err)
	}

	ctx, cancel := context.WithCancel(context.Background())
	ended := false
	wait := func(within context.Context, _ *zfssa.Connection) error {
		cancel()
		<-within.Done()
		ended = true
		return within.Err()
	}
	_, err = driver.CloneImageWith(ctx, image("go-bad", "volume-1"), wait)
	rolledBack(err, zfssa.ErrCancelled)
	if !ended || !errors.Is(err, context.Canceled) {
		t.Errorf("the transfer ended: %v; %v", ended, err)
	}

	// Without a transfer function the operation fails at once, not after a timeout.
	_, err = driver.CloneImage(context.Background(), image("go-bad", "volume-1"))
	rolledBack(err, zfssa.ErrTransfer)
	both := image("go-bad", "volume-1")
	both.ImagePath, both.ImageFormat = "/image", "raw"
	if _, err = driver.CloneImageWith(context.Background(), both, fail); !errors.Is(err, zfssa.ErrInvalidArgument) {
		t.Errorf("both: %v", err)
	}
	both.QemuImg = "/nonexistent"
	_, err = driver.CloneImage(context.Background(), both)
	rolledBack(err, zfssa.ErrTransfer)
}
