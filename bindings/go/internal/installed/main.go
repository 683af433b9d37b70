// Command installed tests an installed library. It runs an operation that needs no appliance, and
// prints the version of the library.
package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	driver, err := zfssa.New(zfssa.Config{Options: map[string]string{
		"san_ip":                  "192.0.2.10",
		"san_login":               "root",
		"san_password":            "CANARY-installed",
		"zfssa_pool":              "pool-0",
		"zfssa_project":           "cinder",
		"zfssa_target_portal":     "198.51.100.1:3260",
		"zfssa_target_interfaces": "ixgbe0",
		"zfssa_initiator_config":  `{"host-a": [{"iqn": "iqn.2004-10.org.example:host-a"}]}`,
	}})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := driver.Echo(ctx, zfssa.EchoRequest{Delay: time.Millisecond}); err != nil {
		log.Fatal(err)
	}
	if err := driver.Close(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(zfssa.Version(), zfssa.ObjectsAlive())
}
