// The test machine: a Linux kernel of its own in QEMU, with open-iscsi, multipathd and the driver as
// a node. kernel/test.sh makes its files and runs the tests.

package kernel

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

const driverSocket = "/run/csi.sock"

// soon is how long a test waits for what happens at once unless it never does. A machine without
// hardware support is slow.
const soon = 5 * time.Minute

type machine struct {
	qemu    *exec.Cmd
	console string
	// Connections that the agent of the machine opened, each for one request.
	idle  chan net.Conn
	ended chan struct{}
	// How QEMU ended, once ended is closed.
	err  error
	stop func(testing.TB)
}

// bootMachine starts a machine whose node has an iSCSI name, and waits until its agent is there.
func bootMachine(t testing.TB, nodeID string) *machine {
	t.Helper()
	files := variable(t, "ZFSSA_CSI_MACHINE")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	m := &machine{console: consoleLog(t), idle: make(chan net.Conn), ended: make(chan struct{})}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	m.qemu = exec.Command("qemu-system-x86_64", "-accel", variable(t, "ZFSSA_CSI_MACHINE_ACCELERATOR"),
		"-machine", "q35", "-smp", "2", "-m", "768",
		"-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
		"-serial", "file:"+m.console, "-device", "virtio-rng-pci",
		"-netdev", "user,id=first,net=10.0.2.0/24,ipv6=off",
		"-device", "virtio-net-pci,netdev=first,romfile=",
		"-netdev", "user,id=second,net=10.0.3.0/24,ipv6=off",
		"-device", "virtio-net-pci,netdev=second,romfile=",
		"-kernel", filepath.Join(files, "vmlinuz"), "-initrd", filepath.Join(files, "initramfs"),
		// A panic ends the machine, and so does what the kernel survives damaged. The timer is not
		// tested: on a busy host an emulated one fails.
		"-append", "console=ttyS0 panic=-1 oops=panic no_timer_check net.ifnames=0 "+
			fmt.Sprintf("node_id=%s test=10.0.2.2:%s", nodeID, port))
	m.qemu.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	m.qemu.Stderr = os.Stderr
	if err := m.qemu.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		m.err = m.qemu.Wait()
		close(m.ended)
	}()
	var once sync.Once
	m.stop = func(t testing.TB) { once.Do(func() { m.end(t) }) }
	t.Cleanup(func() { m.stop(t) })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			select {
			case m.idle <- connection:
			case <-m.ended:
				connection.Close()
			}
		}
	}()
	m.run(t, "true")
	return m
}

// consoleLog returns the path of a file for a machine's console.
func consoleLog(t testing.TB) string {
	t.Helper()
	file, err := os.CreateTemp(variable(t, "ZFSSA_CSI_LOGS"), "console-*.log")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	return file.Name()
}

// damage is what a kernel says when it cannot go on as it should. Its warnings do not count: that of
// Debian 12 warns of its own statistics (block/mq-deadline.c) when a path with requests is removed.
var damage = regexp.MustCompile(
	`(?m)^.*(Kernel panic|BUG: |Oops: |general protection fault|blocked for more than).*$`)

// end ends the machine and checks that its kernel had nothing to complain of.
func (m *machine) end(t testing.TB) {
	select {
	case <-m.ended:
		t.Errorf("the machine ended by itself: %v", m.err)
	default:
		_ = m.qemu.Process.Kill()
		<-m.ended
	}
	text, err := os.ReadFile(m.console)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range damage.FindAllString(string(text), -1) {
		t.Errorf("console: %s", line)
	}
	if strings.Contains(string(text), "CANARY") {
		t.Error("console: a secret of the tests stands in it")
	}
	t.Logf("the console of the machine is in %s", m.console)
}

// connect sends a request to the agent of the machine, and returns the connection.
func (m *machine) connect(ctx context.Context, request map[string]any) (net.Conn, error) {
	line, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	select {
	case connection := <-m.idle:
		_, err := connection.Write(append(line, '\n'))
		return connection, err
	case <-m.ended:
		return nil, fmt.Errorf("the machine ended: %v", m.err)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// client returns a client of the node service in the machine. A call waits for a driver that is being
// started.
func (m *machine) client(t testing.TB) csi.NodeClient {
	t.Helper()
	connection, err := grpc.NewClient("passthrough:///machine",
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.WaitForReady(true)),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return m.connect(ctx, map[string]any{"socket": driverSocket})
		}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	return csi.NewNodeClient(connection)
}

// try runs a command in the machine and returns its standard output; the error has standard error.
func (m *machine) try(input string, command ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	connection, err := m.connect(ctx, map[string]any{"command": command, "input": []byte(input)})
	if err != nil {
		return "", err
	}
	defer connection.Close()
	deadline, _ := ctx.Deadline()
	_ = connection.SetDeadline(deadline)
	var answer struct {
		Output, Errors []byte
		Code           int
	}
	if err := json.NewDecoder(bufio.NewReader(connection)).Decode(&answer); err != nil {
		return "", fmt.Errorf("%q: %w", command, err)
	}
	if answer.Code != 0 {
		return "", fmt.Errorf("%q: exit code %d: %s", command, answer.Code, answer.Errors)
	}
	return string(answer.Output), nil
}

// run runs a command that must succeed.
func (m *machine) run(t testing.TB, command ...string) string {
	t.Helper()
	output, err := m.try("", command...)
	if err != nil {
		t.Fatal(err)
	}
	return output
}
