// Command bench is the Go host of `make bench`, and the bare client beside it.
//
//	bench cycle CONFIG.toml CALLERS CYCLES
//	bench bare REQUESTS.json CALLERS CYCLES
//
// After one cycle of each caller it prints `ready`, and waits for a line. Then each caller carries
// out its cycles, and the command prints its figures as JSON. The driver stays open until the end of
// standard input, so that its logout is not counted.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A step carries out one operation of the cycle that has the given names.
type step func(n names) error

// names are those of the objects of one cycle.
type names struct {
	volume, snapshot, clone string
}

func namesOf(caller, cycle int) names {
	suffix := fmt.Sprintf("-%d-%d", caller, cycle)
	return names{"volume" + suffix, "snapshot" + suffix, "clone" + suffix}
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 5 {
		log.Fatal("usage: bench cycle|bare FILE CALLERS CYCLES")
	}
	callers, err := strconv.Atoi(os.Args[3])
	cycles, cyclesErr := strconv.Atoi(os.Args[4])
	if err = errors.Join(err, cyclesErr); err != nil {
		log.Fatal(err)
	}
	var steps []step
	var closed func() error
	switch os.Args[1] {
	case "cycle":
		steps, closed, err = engineSteps(os.Args[2])
	case "bare":
		steps, closed, err = bareSteps(os.Args[2], callers)
	default:
		err = fmt.Errorf("there is no %s", os.Args[1])
	}
	if err == nil {
		err = errors.Join(measure(steps, callers, cycles), closed())
	}
	if err != nil {
		log.Fatal(err)
	}
}

func measure(steps []step, callers, cycles int) error {
	if _, err := run(steps, callers, 0, 1); err != nil {
		return err
	}
	fmt.Println("ready")
	input := bufio.NewReader(os.Stdin)
	if _, err := input.ReadString('\n'); err != nil {
		return err
	}
	cpu, start := cpuTime(), time.Now()
	took, err := run(steps, callers, 1, cycles)
	if err != nil {
		return err
	}
	elapsed := time.Since(start)
	cpu = cpuTime() - cpu
	slices.Sort(took)
	percentile := func(percent int) float64 {
		return took[(len(took)-1)*percent/100].Seconds() * 1e3
	}
	peak, err := peakKiB()
	if err != nil {
		return err
	}
	err = json.NewEncoder(os.Stdout).Encode(map[string]any{
		"operations": len(took),
		"seconds":    elapsed.Seconds(),
		"cpu_ms":     cpu.Seconds() * 1e3,
		"peak_kib":   peak,
		"latency_ms": map[string]float64{
			"50": percentile(50), "90": percentile(90), "99": percentile(99),
		},
	})
	_, readErr := io.Copy(io.Discard, input)
	return errors.Join(err, readErr)
}

// run carries out cycles with each caller, and returns how long each step took.
func run(steps []step, callers, first, cycles int) ([]time.Duration, error) {
	took := make([][]time.Duration, callers)
	failures := make([]error, callers)
	var group sync.WaitGroup
	for caller := range callers {
		group.Add(1)
		go func() {
			defer group.Done()
			took[caller] = make([]time.Duration, 0, cycles*len(steps))
			for cycle := first; cycle < first+cycles; cycle++ {
				n := namesOf(caller, cycle)
				for _, step := range steps {
					start := time.Now()
					if err := step(n); err != nil {
						failures[caller] = err
						return
					}
					took[caller] = append(took[caller], time.Since(start))
				}
			}
		}()
	}
	group.Wait()
	return slices.Concat(took...), errors.Join(failures...)
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// peakKiB returns the peak of the memory. That of getrusage includes the parent's before exec.
func peakKiB() (int, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	_, after, found := strings.Cut(string(status), "VmHWM:")
	if fields := strings.Fields(after); found && len(fields) > 0 {
		return strconv.Atoi(fields[0])
	}
	return 0, errors.New("/proc/self/status has no VmHWM")
}
