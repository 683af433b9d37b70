package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// asDriver in the environment makes the test's executable the driver itself.
const asDriver = "ZFSSA_CSI_AS_DRIVER"

func TestMain(m *testing.M) {
	if os.Getenv(asDriver) != "" {
		serveFigures()
		main()
		return
	}
	os.Exit(m.Run())
}

// ask sends a request to the simulator's admin port.
func (s *simulator) ask(t testing.TB, method, path string, body any) []byte {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequest(method, s.Admin+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= 300 {
		t.Fatalf("%s %s: %d %v %s", method, path, response.StatusCode, err, answer)
	}
	return answer
}

// eventually waits for what happens in another process.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for begin := time.Now(); !holds(); time.Sleep(time.Millisecond) {
		if time.Since(begin) > soon {
			t.Fatalf("%s: never", what)
		}
	}
}

// A process is a driver in a process of its own.
type process struct {
	endpoint string
	command  *exec.Cmd
	log      *logFile
	// Closed when standard error ended, which is when the process did.
	ended chan struct{}
	once  sync.Once
	err   error
}

// startProcess starts a program that is the driver, and waits until it serves.
func startProcess(t testing.TB, program string, arguments ...string) *process {
	t.Helper()
	// Paths of sockets are short.
	folder, err := os.MkdirTemp("", "csi")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	p := &process{endpoint: "unix://" + filepath.Join(folder, "csi.sock"), log: newLogFile(t), ended: make(chan struct{})}
	p.command = exec.Command(program, append(arguments, "-endpoint", p.endpoint)...)
	p.command.Env = append(os.Environ(), asDriver+"=1")
	said, err := p.command.StderrPipe()
	if err == nil {
		err = p.command.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.kill() })
	serving := make(chan struct{}, 1)
	go func() {
		defer close(p.ended)
		lines := bufio.NewReader(said)
		for {
			line, err := lines.ReadString('\n')
			_, _ = p.log.WriteString(line)
			if strings.Contains(line, `"msg":"serving"`) {
				serving <- struct{}{}
			}
			if err != nil {
				return
			}
		}
	}()
	select {
	case <-serving:
	case <-p.ended:
		t.Fatalf("the driver ended: %v\n%s", p.wait(), p.log.text())
	case <-time.After(soon):
		t.Fatal("the driver does not begin to serve")
	}
	return p
}

// wait waits for the end of the process: nil when it exited with 0.
func (p *process) wait() error {
	p.once.Do(func() {
		<-p.ended
		p.err = p.command.Wait()
	})
	return p.err
}

// kill ends the process without a chance to do anything.
func (p *process) kill() {
	_ = p.command.Process.Kill()
	_ = p.wait()
}

// terminate ends the process as an orchestrator does.
func (p *process) terminate(t testing.TB) {
	t.Helper()
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- p.wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("after SIGTERM: %v", err)
		}
	case <-time.After(soon):
		t.Error("it does not end after SIGTERM")
	}
}

// controllerProcess starts a controller on an appliance.
func controllerProcess(t testing.TB, config, credentials string) (*process, client) {
	t.Helper()
	p := startProcess(t, os.Args[0], "-config", config, "-credentials", credentials, "-verbose")
	return p, dial(t, p.endpoint)
}

// A logFile takes what a driver logs. It is looked through for secrets when the test ends; with
// ZFSSA_CSI_LOGS it stays in that directory, where the script looks again.
type logFile struct{ *os.File }

func newLogFile(t testing.TB) *logFile {
	t.Helper()
	folder := os.Getenv("ZFSSA_CSI_LOGS")
	if folder == "" {
		folder = t.TempDir()
	}
	file, err := os.CreateTemp(folder, strings.NewReplacer("/", "-", " ", "-").Replace(t.Name())+"-*.log")
	if err != nil {
		t.Fatal(err)
	}
	log := &logFile{file}
	t.Cleanup(func() {
		file.Close()
		text := log.text()
		if text == "" {
			t.Error("nothing was logged")
		}
		if strings.Contains(text, "CANARY") {
			t.Error("a secret is in the log")
		}
		if t.Failed() {
			t.Logf("the end of the driver's log:\n%s", text[max(0, len(text)-8000):])
		}
	})
	return log
}

func (l *logFile) text() string {
	text, _ := os.ReadFile(l.Name())
	return string(text)
}
