package zfssa_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
)

const inFlightAtExit = 5000

// leaveInFlight is the main function of a process that exits with operations in flight, while
// completions arrive.
func leaveInFlight() int {
	driver, err := zfssa.New(zfssa.Config{Options: map[string]string{
		"san_ip": "127.0.0.1", "san_api_port": "1", "san_login": "root", "san_password": password,
		"zfssa_pool": "pool-0", "zfssa_project": "cinder", "zfssa_target_portal": "127.0.0.1:3260",
		"zfssa_target_interfaces": "ixgbe0", "zfssa_initiator_config": `{"host-a": [{"iqn": "` + hostA + `"}]}`,
	}})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	failed := make(chan error, 1)
	start := func(delay time.Duration) {
		if _, err := driver.Echo(context.Background(), zfssa.EchoRequest{Delay: delay}); err != nil {
			select {
			case failed <- err:
			default:
			}
		}
	}
	for range inFlightAtExit {
		go start(time.Hour)
	}
	for driver.InFlight() < inFlightAtExit {
		runtime.Gosched()
	}
	for range 200 {
		go start(0)
	}
	select {
	case err := <-failed:
		fmt.Println(err)
		return 1
	default:
	}
	fmt.Println(driver.InFlight() >= inFlightAtExit)
	return 0
}

func TestProcessEndsWithOperationsInFlight(t *testing.T) {
	runs := 20
	if testing.Short() {
		runs = 2
	}
	for range runs {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), "ZFSSA_GO_LEAVE=1")
		child.Stderr = os.Stderr
		said, err := child.Output()
		if err != nil || string(said) != "true\n" {
			t.Fatalf("%v: %s", err, said)
		}
	}
}
