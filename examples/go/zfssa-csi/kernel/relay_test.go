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

	mu sync.Mutex
	// What becomes of connections.
	state   relayState
	changed chan struct{}
	carried map[net.Conn]bool
}

type relayState int

const (
	// carries: they reach the appliance.
	carries relayState = iota
	// cuts: they are closed, each new one at once.
	cuts
	// hangs: nothing comes through, in either direction.
	hangs
)

// startRelay makes a portal in the network 10.0.NETWORK.0/24, in front of one of the simulator.
func startRelay(t testing.TB, network int, portal string) *relay {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	r := &relay{address: fmt.Sprintf("10.0.%d.2:%s", network, port), portal: portal,
		changed: make(chan struct{}), carried: map[net.Conn]bool{}}
	go func() {
		for {
			host, err := listener.Accept()
			if err != nil {
				return
			}
			go r.connection(host)
		}
	}()
	return r
}

// set changes what becomes of connections, those that are open too.
func (r *relay) set(state relayState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state = state
	close(r.changed)
	r.changed = make(chan struct{})
	if state == cuts {
		for host := range r.carried {
			host.Close()
		}
	}
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
