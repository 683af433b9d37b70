// Identity of nodes: their ids, and the initiator groups that belong to them.

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// The id of a node is its name and its iSCSI name, "NAME;IQN", or the iSCSI name alone. The
// controller sees nothing of a node but its id, so the id has to carry the iSCSI name: an annotation
// or a topology segment would need access to the Kubernetes API, which other orchestrators lack. A
// semicolon is in no iSCSI name and in no name of a Kubernetes node; the CSI driver of IBM's block
// storage builds its ids in the same way.
const nodeSeparator = ";"

// longestNodeID is CSI's limit, in bytes.
const longestNodeID = 256

// A nodeID is a parsed node id.
type nodeID struct {
	name string // may be empty
	iqn  string
}

// String returns the id. A name that does not fit is cut: the iSCSI name identifies the node.
func (n nodeID) String() string {
	if n.name == "" {
		return n.iqn
	}
	room := max(longestNodeID-len(nodeSeparator)-len(n.iqn), 0)
	return n.name[:min(len(n.name), room)] + nodeSeparator + n.iqn
}

func parseNodeID(id string) nodeID {
	if name, iqn, both := strings.Cut(id, nodeSeparator); both {
		return nodeID{name, iqn}
	}
	return nodeID{iqn: id}
}

// key identifies the node: iSCSI names are compared without regard to case.
func (n nodeID) key() string { return strings.ToLower(n.iqn) }

// longestNodeName is the limit of Kubernetes, in bytes.
const longestNodeName = 253

var nodeNamePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.:-]*$`)

var iscsiName = regexp.MustCompile(`^(?i:iqn|eui|naa)\.[^\s;]+$`)

// localNode returns the identity of this node: its name, and the iSCSI name in the file of
// open-iscsi.
func localNode(name, file string) (nodeID, error) {
	if len(name) > longestNodeName || !nodeNamePattern.MatchString(name) {
		return nodeID{}, fmt.Errorf("-node-name %q: not the name of a node: use letters, digits, '_', '.', ':' and '-'", name)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nodeID{}, fmt.Errorf("iSCSI name of the node: %w: install open-iscsi on the node and mount /etc/iscsi", err)
	}
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		if strings.TrimSpace(key) != "InitiatorName" {
			continue
		}
		iqn := strings.TrimSpace(value)
		if !iscsiName.MatchString(iqn) {
			return nodeID{}, fmt.Errorf("%s: InitiatorName is %q: set it to the iSCSI name of the node", file, iqn)
		}
		return nodeID{name, iqn}, nil
	}
	return nodeID{}, fmt.Errorf("%s: InitiatorName is missing: start iscsid once, or set it", file)
}

// registeredGroup returns whether an initiator group is the one that the engine made for an
// initiator. The documentation of zfssa_register_hosts promises the form of its name.
func registeredGroup(group, iqn string) bool {
	sum := sha256.Sum256([]byte(strings.ToLower(iqn)))
	return strings.HasPrefix(group, "zfssa-host-") && strings.HasSuffix(group, "-"+hex.EncodeToString(sum[:])[:10])
}

// publishedNodes remembers through which initiator group a volume was published to which node. The
// appliance knows the initiators of a group and not the ids of nodes, so after a restart of the
// controller, and in another controller, the nodes are not known until their next
// ControllerPublishVolume. An attacher that compares the lists with what it wants publishes once
// more, which changes nothing.
type publishedNodes struct {
	mu sync.Mutex
	// Node ids by group. Groups of two appliances may have one name.
	ids map[groupOfBackend][]string
}

type groupOfBackend struct{ backend, group string }

func (p *publishedNodes) remember(backend string, groups []string, id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ids == nil {
		p.ids = map[groupOfBackend][]string{}
	}
	for _, group := range groups {
		at := groupOfBackend{backend, group}
		// A group that an administrator made may have several nodes.
		if !slices.Contains(p.ids[at], id) {
			p.ids[at] = append(p.ids[at], id)
		}
	}
}

func (p *publishedNodes) of(backend, group string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.ids[groupOfBackend{backend, group}])
}
