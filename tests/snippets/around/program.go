// The set-up of a block of Go that is no whole program: a driver on which volume-1 exists.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
)

var _, _, _ = errors.Is, fmt.Println, time.Now

func main() {
	ctx := context.Background()
	driver, err := zfssa.Open(ctx, zfssa.Config{TOML: []zfssa.Source{{Path: os.Args[1]}}})
	if err != nil {
		log.Fatal(err)
	}
	defer driver.Close()
	if _, err := driver.CreateVolume(ctx, zfssa.CreateVolumeRequest{Name: "volume-1", SizeGiB: 1}); err != nil {
		log.Fatal(err)
	}
SNIPPET
}
