// Processes of the cluster: start, restart and kill.

package cluster

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A program is a process that writes its output into a log file, and that can be killed and started
// again with the same command line. Its methods are called by one goroutine at a time.
type program struct {
	path        string
	arguments   []string
	environment []string
	log         *os.File
	process     *os.Process
	// Closed when the process has ended.
	ended chan struct{}
}

// newProgram returns a program that is not started yet. Its log is NAME.log.
func newProgram(t testing.TB, name, path string, arguments ...string) *program {
	t.Helper()
	log, err := os.Create(filepath.Join(variable(t, "ZFSSA_CSI_LOGS"), name+".log"))
	must(t, err)
	t.Cleanup(func() {
		log.Close()
		text, err := os.ReadFile(log.Name())
		must(t, err)
		if strings.Contains(string(text), secretWord) {
			t.Errorf("%s: a secret is in the log", log.Name())
		}
	})
	return &program{path: path, arguments: arguments, log: log}
}

// start starts the process, which ends with the test's process at the latest.
func (p *program) start() error {
	command := exec.Command(p.path, p.arguments...)
	command.Env = append(os.Environ(), p.environment...)
	command.Stdout, command.Stderr = p.log, p.log
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	p.process, p.ended = command.Process, ended
	go func() {
		// The exit code is of no interest: a program that ends too early is missed by the test.
		_ = command.Wait()
		close(ended)
	}()
	return nil
}

// stop sends a signal to the process and waits for its end.
func (p *program) stop(signal os.Signal) {
	// The process may have ended by itself.
	_ = p.process.Signal(signal)
	<-p.ended
}

// kill ends the process without a chance to do anything.
func (p *program) kill() { p.stop(syscall.SIGKILL) }

// run starts a program that the test may kill and start again, and stops it when the test ends.
func run(t testing.TB, p *program) *program {
	t.Helper()
	must(t, p.start())
	t.Cleanup(func() { p.stop(syscall.SIGTERM) })
	return p
}

// supervise starts a program, and again a second after each end, as a kubelet restarts a container.
// Sidecars end by themselves when they lose their driver or the API server.
func supervise(t testing.TB, p *program) {
	t.Helper()
	must(t, p.start())
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-p.ended:
			case <-quit:
				p.stop(syscall.SIGTERM)
				return
			}
			select {
			case <-time.After(time.Second):
			case <-quit:
				return
			}
			if err := p.start(); err != nil {
				t.Errorf("%s: %v", p.path, err)
				return
			}
		}
	}()
	t.Cleanup(func() {
		close(quit)
		<-done
	})
}
