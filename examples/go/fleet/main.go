// Command fleet is an agent that runs on several hosts at once: they attach and detach one volume,
// each for itself.
//
//	fleet OPTIONS.json VOLUME INITIATOR ROUNDS
//
// The options have zfssa_coordination_url, so that the hosts share their locks in etcd: none takes
// the volume from another one, though the appliance takes the whole list of a LUN's initiator groups
// at each change. The last round leaves the volume attached.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
)

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintf(os.Stderr, "usage: %s OPTIONS.json VOLUME INITIATOR ROUNDS\n", os.Args[0])
		os.Exit(2)
	}
	rounds, err := strconv.Atoi(os.Args[4])
	if err == nil {
		err = run(context.Background(), os.Args[1], os.Args[2], os.Args[3], rounds)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("attached %d times, and never lost it\n", rounds)
}

func run(ctx context.Context, file, volume, initiator string, rounds int) (err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var config zfssa.Config
	if err := json.Unmarshal(text, &config.Options); err != nil {
		return err
	}
	driver, err := zfssa.Open(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, driver.Close()) }()
	// Whichever host comes first makes the volume; the others find it.
	if _, err := driver.CreateVolume(ctx, zfssa.CreateVolumeRequest{Name: volume, SizeGiB: 1}); err != nil {
		return err
	}
	for round := 1; round <= rounds; round++ {
		connection, err := driver.InitializeConnection(ctx, zfssa.InitializeConnectionRequest{Volume: volume, Initiator: initiator})
		if err != nil {
			return err
		}
		has, err := driver.GetVolume(ctx, zfssa.GetVolumeRequest{Name: volume})
		if err != nil {
			return err
		}
		if !slices.Contains(has.InitiatorGroups, connection.InitiatorGroups[0]) {
			return fmt.Errorf("round %d: another host took the volume from this one", round)
		}
		if round == rounds {
			break
		}
		_, err = driver.TerminateConnection(ctx, zfssa.TerminateConnectionRequest{Volume: volume, Initiator: initiator})
		if err != nil {
			return err
		}
	}
	return nil
}
