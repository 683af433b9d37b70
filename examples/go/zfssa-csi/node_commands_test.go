package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A program ends with its call, and says how it failed.
func TestPrograms(t *testing.T) {
	var machine linux
	if out, err := machine.run(context.Background(), "sh", "-c", "echo out; echo err >&2"); err != nil || out != "out\nerr\n" {
		t.Errorf("%q %v", out, err)
	}
	_, err := machine.run(context.Background(), "sh", "-c", "echo no such portal >&2; exit 21")
	if exitCode(err) != 21 || !strings.Contains(err.Error(), "no such portal") {
		t.Errorf("%d %v", exitCode(err), err)
	}
	if _, err := machine.run(context.Background(), "zfssa-no-such-program"); err == nil || exitCode(err) != -1 {
		t.Errorf("%d %v", exitCode(err), err)
	}
	begun := filepath.Join(t.TempDir(), "begun")
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		_, err := machine.run(ctx, "sh", "-c", "echo $$ >"+begun+".new; mv "+begun+".new "+begun+"; exec sleep 1000")
		ended <- err
	}()
	eventually(t, "the program", func() bool { _, err := os.Stat(begun); return err == nil })
	cancel()
	if err := receive(t, ended, "the end"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	eventually(t, "the end of the program", func() bool {
		_, err := os.Stat("/proc/" + readText(begun))
		return errors.Is(err, os.ErrNotExist)
	})
}

// A lock is kept while work goes on that began under it, in the call or in one inside it.
func TestLockIsKeptForWorkThatOutlivesItsCall(t *testing.T) {
	var l locks
	ctx, cancel := context.WithCancel(context.Background())
	ctx, outer, err := l.holding(ctx, "volume")
	if err != nil {
		t.Fatal(err)
	}
	inside, inner, err := l.holding(ctx, "target")
	if err != nil {
		t.Fatal(err)
	}
	answer := make(chan struct{})
	begun := make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		_, err := bounded(inside, func() (int, error) { close(begun); <-answer; return 0, nil })
		ended <- err
	}()
	receive(t, begun, "the work")
	cancel()
	if err := receive(t, ended, "the call"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	inner()
	outer()
	for _, object := range []string{"volume", "target"} {
		if of := l.known[object]; of == nil || of.TryAcquire(1) {
			t.Errorf("%s is free", object)
		}
	}
	close(answer)
	for _, object := range []string{"volume", "target"} {
		_, free, err := l.holding(context.Background(), object)
		if err != nil {
			t.Fatal(err)
		}
		free()
	}
}
