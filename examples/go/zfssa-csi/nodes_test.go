package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
)

const (
	nodeC = "node-c.example;iqn.2004-10.org.example:node-c"
	nodeD = "node-d.example;iqn.2004-10.org.example:node-d"
	// The first digits of `printf %s IQN | sha256sum`.
	groupC = "zfssa-host-node-c.example-32529cb2df"
)

// unlisted writes settings without a table of nodes, and with more options.
func (s *simulator) unlisted(t testing.TB, most int64, options map[string]string) string {
	t.Helper()
	path := s.settings(t, most)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	listed, err := parseSettings(path, text)
	if err != nil {
		t.Fatal(err)
	}
	listed.Nodes = nil
	for name, value := range options {
		listed.Options[name] = value
	}
	text, err = json.Marshal(listed)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "settings.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// groups returns the initiator groups of the appliance and their members.
func (s *simulator) groups(t testing.TB) map[string][]string {
	t.Helper()
	var state struct {
		Groups map[string][]string `json:"initiator_groups"`
	}
	if err := json.Unmarshal(s.ask(t, "GET", "/state", nil), &state); err != nil {
		t.Fatal(err)
	}
	return state.Groups
}

func (c client) publish(id, node string, capability *csi.VolumeCapability) error {
	_, err := c.ControllerPublishVolume(context.Background(),
		&csi.ControllerPublishVolumeRequest{VolumeId: id, NodeId: node, VolumeCapability: capability})
	return err
}

func (c client) unpublish(id, node string) error {
	_, err := c.ControllerUnpublishVolume(context.Background(), &csi.ControllerUnpublishVolumeRequest{VolumeId: id, NodeId: node})
	return err
}

// publishedTo returns the nodes of a volume, as ListVolumes shows them.
func (c client) publishedTo(t testing.TB, id string) []string {
	t.Helper()
	listed, err := c.ListVolumes(context.Background(), &csi.ListVolumesRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range listed.GetEntries() {
		if entry.GetVolume().GetVolumeId() == id {
			ids := entry.GetStatus().GetPublishedNodeIds()
			slices.Sort(ids)
			return ids
		}
	}
	t.Fatalf("volume %s is not listed", id)
	return nil
}

func TestNodeIDs(t *testing.T) {
	iqn := "iqn.2004-10.org.example:" + strings.Repeat("x", 223-len("iqn.2004-10.org.example:"))
	for _, n := range []nodeID{{"node-a", "iqn.2004-10.org.example:a"}, {"", "iqn.2004-10.org.example:a"}, {"ip-10-0-0-1.example", iqn}} {
		if id := n.String(); parseNodeID(id) != n || len(id) > longestNodeID {
			t.Errorf("%+v has the id %s", n, id)
		}
	}
	long := nodeID{strings.Repeat("n", longestNodeName), iqn}
	if id := long.String(); len(id) != longestNodeID || parseNodeID(id).iqn != iqn {
		t.Errorf("%d bytes: %s", len(id), id)
	}
}

func TestInitiatorNameOfTheNode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "initiatorname.iscsi")
	for text, want := range map[string]string{
		"## comment\nInitiatorName=iqn.1993-08.org.debian:01:9f3c\n": "node-a;iqn.1993-08.org.debian:01:9f3c",
		" InitiatorName = IQN.x:y \n":                                "node-a;IQN.x:y",
		"GenerateName=yes\n":                                         "",
		"#InitiatorName=iqn.x:y\n":                                   "",
		"InitiatorName=\n":                                           "",
		"InitiatorName=iqn.x;y\n":                                    "",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		n, err := localNode("node-a", path)
		if want == "" && err == nil || want != "" && n.String() != want {
			t.Errorf("%q gives %v %v", text, n, err)
		}
		if err != nil && !strings.Contains(err.Error(), "InitiatorName") {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, name := range []string{"a;b", "", "-a", strings.Repeat("n", 254)} {
		if _, err := localNode(name, path); err == nil {
			t.Errorf("the name %q was accepted", name)
		}
	}
	a := arguments{nodeName: "node-a", nodeID: nodeA, initiators: path}
	if _, err := a.node(); err == nil {
		t.Error("two identities were accepted")
	}
}

// A DaemonSet starts each node with its name alone, and the controller knows no node: the first
// publication registers it.
func TestANewNodeIsRegistered(t *testing.T) {
	appliance := startSimulator(t)
	settings, mounted := appliance.unlisted(t, 0, nil), credentialsFolder(t)
	c := dial(t, startDriver(t, arguments{config: settings, credentials: mounted}))
	names := filepath.Join(t.TempDir(), "initiatorname.iscsi")
	if err := os.WriteFile(names, []byte("InitiatorName="+parseNodeID(nodeC).iqn+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	n := dial(t, startDriver(t, arguments{nodeName: "node-c.example", initiators: names, transport: "userspace-unchecked"}))
	info, err := n.NodeGetInfo(context.Background(), &csi.NodeGetInfoRequest{})
	if err != nil || info.GetNodeId() != nodeC {
		t.Fatalf("%v %v", info, err)
	}

	id := c.create(t, request("v", 1)).GetVolumeId()
	for range 2 {
		if err := c.publish(id, nodeC, writer); err != nil {
			t.Fatal(err)
		}
		if got := appliance.groups(t)[groupC]; !slices.Equal(got, []string{parseNodeID(nodeC).iqn}) {
			t.Fatalf("members of the group: %v", got)
		}
	}
	if got := c.publishedTo(t, id); !slices.Equal(got, []string{nodeC}) {
		t.Errorf("published to %v", got)
	}
	// For the right node only, and nothing is made for a node that is refused.
	expect(t, c.publish(id, nodeD, writer), codes.FailedPrecondition, groupC)
	if got := appliance.groups(t); len(got) != 2 {
		t.Errorf("groups: %v", got)
	}

	// Another controller takes over: the same call again changes nothing, and it knows the node.
	other := dial(t, startDriver(t, arguments{config: settings, credentials: mounted}))
	if err := other.publish(id, nodeC, writer); err != nil {
		t.Fatal(err)
	}
	if got := other.publishedTo(t, id); !slices.Equal(got, []string{nodeC}) {
		t.Errorf("published to %v", got)
	}
	if err := other.unpublish(id, nodeC); err != nil {
		t.Fatal(err)
	}
	if got := c.publishedTo(t, id); len(got) != 0 {
		t.Errorf("published to %v", got)
	}
	expect(t, c.publish(id, "node-e", writer), codes.NotFound, "node-e")
}

func TestTwoNewNodesAtOnce(t *testing.T) {
	appliance := startSimulator(t)
	c := dial(t, startDriver(t, arguments{config: appliance.unlisted(t, 0, nil), credentials: credentialsFolder(t)}))
	id := c.create(t, request("v", 1)).GetVolumeId()
	answers := make(chan error, 2)
	for _, node := range []string{nodeC, nodeD} {
		go func() { answers <- c.publish(id, node, block(csi.VolumeCapability_AccessMode_MULTI_NODE_MULTI_WRITER)) }()
	}
	for range 2 {
		if err := <-answers; err != nil {
			t.Error(err)
		}
	}
	if got := c.publishedTo(t, id); !slices.Equal(got, []string{nodeC, nodeD}) {
		t.Errorf("published to %v", got)
	}
}

func TestTheLastVolumeOfANode(t *testing.T) {
	appliance := startSimulator(t)
	settings := appliance.unlisted(t, 1, map[string]string{"zfssa_unregister_hosts": "true"})
	mounted := credentialsFolder(t)
	c := dial(t, startDriver(t, arguments{config: settings, credentials: mounted}))
	one, two := c.create(t, request("one", 1)).GetVolumeId(), c.create(t, request("two", 1)).GetVolumeId()
	if err := c.publish(one, nodeC, writer); err != nil {
		t.Fatal(err)
	}
	// The limit of volumes counts those of the registered group, also in a controller that remembers
	// nothing.
	other := dial(t, startDriver(t, arguments{config: settings, credentials: mounted}))
	expect(t, other.publish(two, nodeC, writer), codes.ResourceExhausted, "1 volumes")
	if err := c.unpublish(one, nodeC); err != nil {
		t.Fatal(err)
	}
	if got, there := appliance.groups(t)[groupC]; there {
		t.Errorf("the group is left with %v", got)
	}
	if err := c.publish(two, nodeC, writer); err != nil {
		t.Error(err)
	}
}

// The table of nodes: its groups, also for a node that is started by its name, and no other nodes
// where registration is off.
func TestListedNodes(t *testing.T) {
	appliance := startSimulator(t)
	c := dial(t, startDriver(t, arguments{config: appliance.settings(t, 0), credentials: credentialsFolder(t)}))
	id := c.create(t, request("v", 1)).GetVolumeId()
	if err := c.publish(id, "node-a;"+nodeA, writer); err != nil {
		t.Fatal(err)
	}
	if got := c.publishedTo(t, id); !slices.Equal(got, []string{"node-a;" + nodeA}) {
		t.Errorf("published to %v", got)
	}
	if got := appliance.groups(t); len(got) != 3 {
		t.Errorf("groups: %v", got)
	}
	off := appliance.unlisted(t, 0, map[string]string{registerHosts: "false", "zfssa_initiator_group": "node-a"})
	o := dial(t, startDriver(t, arguments{config: off, credentials: credentialsFolder(t)}))
	other := o.create(t, request("w", 1)).GetVolumeId()
	expect(t, o.publish(other, nodeC, writer), codes.NotFound, "node-c")
	if err := o.publish(other, nodeA, writer); err != nil {
		t.Error(err)
	}
}

// An administrator put the node into a group of his own before: it is used, and the volume is not
// taken for one of another node.
func TestANodeInAGroupOfTheAdministrator(t *testing.T) {
	appliance := startSimulator(t)
	settings, mounted := appliance.unlisted(t, 0, nil), credentialsFolder(t)
	table := appliance.settings(t, 0)
	// The table's groups, which the settings without a table know nothing of.
	dial(t, startDriver(t, arguments{config: table, credentials: mounted})).create(t, request("first", 1))
	for range 2 {
		// The second controller remembers nothing.
		c := dial(t, startDriver(t, arguments{config: settings, credentials: mounted}))
		id := c.create(t, request("v", 1)).GetVolumeId()
		if err := c.publish(id, nodeA, writer); err != nil {
			t.Fatal(err)
		}
		if got := c.publishedTo(t, id); !slices.Equal(got, []string{nodeA}) {
			t.Errorf("published to %v", got)
		}
		expect(t, c.publish(id, nodeB, writer), codes.FailedPrecondition, "node-a")
	}
	if got := appliance.groups(t); len(got) != 3 {
		t.Errorf("groups: %v", got)
	}
}
