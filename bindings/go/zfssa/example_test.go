package zfssa_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
)

// options returns the options of the simulated appliance.
func options() map[string]string { return appliance.config().Options }

// Create a volume, attach it to a host, detach it and delete it.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	driver, err := zfssa.Open(ctx, zfssa.Config{Options: options()})
	if err != nil {
		log.Fatal(err)
	}
	defer driver.Close()

	volume, err := driver.CreateVolume(ctx, zfssa.CreateVolumeRequest{Name: "volume-1", SizeGiB: 10})
	if err != nil {
		log.Fatal(err)
	}
	connection, err := driver.InitializeConnection(ctx, zfssa.InitializeConnectionRequest{
		Volume:    volume.Name,
		Initiator: "iqn.2004-10.org.example:host-a",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(volume.SizeBytes>>30, "GiB at", connection.TargetPortal)

	_, err = driver.TerminateConnection(ctx, zfssa.TerminateConnectionRequest{Volume: volume.Name, Initiator: "iqn.2004-10.org.example:host-a"})
	if err != nil {
		log.Fatal(err)
	}
	_, err = driver.DeleteVolume(ctx, zfssa.DeleteVolumeRequest{Name: volume.Name})
	fmt.Println("deleted:", err == nil)
	// Output:
	// 10 GiB at 127.0.0.1:3260
	// deleted: true
}

// Compare the status of an error and read its attributes.
func ExampleError() {
	ctx := context.Background()
	driver, err := zfssa.Open(ctx, zfssa.Config{Options: options()})
	if err != nil {
		log.Fatal(err)
	}
	defer driver.Close()

	_, err = driver.CreateSnapshot(ctx, zfssa.CreateSnapshotRequest{Volume: "volume-x", Name: "snapshot-1"})
	var failure *zfssa.Error
	switch {
	case errors.Is(err, zfssa.ErrVolumeNotFound):
		fmt.Println("there is no such volume")
	case errors.Is(err, context.DeadlineExceeded):
		fmt.Println("there was no time")
	}
	if errors.As(err, &failure) {
		fmt.Println(failure.Status.Name(), failure.Operation, failure.Resource, failure.Retryable)
	}
	// Output:
	// there is no such volume
	// VOLUME_NOT_FOUND create_snapshot volume-x@snapshot-1 false
}

// An operation ends with its context, after the engine has reported the outcome.
func ExampleDriver_Echo() {
	driver, err := zfssa.New(zfssa.Config{Options: options()})
	if err != nil {
		log.Fatal(err)
	}
	defer driver.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	_, err = driver.Echo(ctx, zfssa.EchoRequest{Delay: time.Hour})
	fmt.Println(errors.Is(err, zfssa.ErrDeadline), errors.Is(err, context.DeadlineExceeded))
	// Output: true true
}

// Validation reports every problem at once.
func ExampleConfig_Validate() {
	config := zfssa.Config{Options: map[string]string{"san_ip": "192.0.2.10", "zfssa_pool": "no good"}}
	var failure *zfssa.Error
	if errors.As(config.Validate(), &failure) {
		fmt.Println(failure.Status.Name(), len(failure.Causes) > 1)
	}
	// Output: CONFIG true
}
