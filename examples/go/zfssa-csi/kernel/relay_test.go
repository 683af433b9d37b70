// Portals of the appliance, as the test machine reaches them.

package kernel

import (
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
)

// A relay is a portal of the appliance as the machine reaches it, in one of its networks.
type relay struct {
	address string
	portal  string
	// Where the relay listens on this host, port included.
	listens string

	mu       sync.Mutex
	listener net.Listener
	// What becomes of connections.
	state   relayState
	changed chan struct{}
	carried map[net.Conn]bool
}

type relayState int

const (
	// carries: they reach the appliance.
	carries relayState = iota
	// refuses: the relay closes open connections and its listener, so new ones are refused. It must
	// not accept new connections and close them: if a connection ends between the bind and the login
	// of a session, the kernel answers ENOTCONN to every later bind, and iscsid never recovers.
	refuses
	// hangs: nothing comes through, in either direction.
	hangs
)

// startRelay makes a portal in the network 10.0.NETWORK.0/24, in front of one of the simulator.
func startRelay(t testing.TB, network int, portal string) *relay {
	t.Helper()
	r := &relay{portal: portal, listens: "127.0.0.1:0",
		changed: make(chan struct{}), carried: map[net.Conn]bool{}}
	r.listen(t)
	r.listens = r.listener.Addr().String()
	_, port, _ := net.SplitHostPort(r.listens)
	r.address = fmt.Sprintf("10.0.%d.2:%s", network, port)
	t.Cleanup(func() { r.set(t, refuses) })
	return r
}

// listen takes connections until the listener is closed.
func (r *relay) listen(t testing.TB) {
	t.Helper()
	listener, err := net.Listen("tcp", r.listens)
	if err != nil {
		t.Fatal(err)
	}
	r.listener = listener
	go func() {
		for {
			host, err := listener.Accept()
			if err != nil {
				return
			}
			go r.connection(host)
		}
	}()
}

// set changes what becomes of connections, those that are open too.
func (r *relay) set(t testing.TB, state relayState) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case state == refuses && r.state != refuses:
		r.listener.Close()
		for host := range r.carried {
			host.Close()
		}
	case state != refuses && r.state == refuses:
		r.listen(t)
	}
	r.state = state
	close(r.changed)
	r.changed = make(chan struct{})
}

// pass waits until bytes may pass. It returns false if the connection is to be closed.
func (r *relay) pass() bool {
	for {
		r.mu.Lock()
		state, changed := r.state, r.changed
		r.mu.Unlock()
		if state != hangs {
			return state == carries
		}
		<-changed
	}
}

func (r *relay) connection(host net.Conn) {
	defer host.Close()
	r.mu.Lock()
	r.carried[host] = true
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.carried, host)
	}()
	if !r.pass() {
		return
	}
	appliance, err := net.Dial("tcp", r.portal)
	if err != nil {
		return
	}
	defer appliance.Close()
	ended := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{appliance, host}, {host, appliance}} {
		go func() {
			_, _ = io.Copy(gate{way[0], r}, way[1])
			ended <- struct{}{}
		}()
	}
	<-ended
}

// A gate is the writing end of a relay's connection.
type gate struct {
	net.Conn
	relay *relay
}

func (g gate) Write(data []byte) (int, error) {
	if !g.relay.pass() {
		return 0, net.ErrClosed
	}
	return g.Conn.Write(data)
}
