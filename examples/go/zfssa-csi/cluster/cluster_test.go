// The CSI driver in a cluster: a real API server with the controllers and sidecars of Kubernetes,
// against the simulated appliance. cluster/test.sh builds what the tests need.

package cluster

import (
	"testing"
)

// TestCluster runs all cases in one cluster. After each one, nothing is left in the cluster and on
// the appliance.
func TestCluster(t *testing.T) {
	c := startCluster(t)
	for _, test := range []struct {
		name string
		run  func(testing.TB, *cluster)
	}{
		{"a claim becomes a LUN", claimBecomesLUN},
		{"a wrong parameter is in the events of the claim", wrongParameter},
		{"a pod's volume is presented to its node", podsVolumeIsPresented},
		{"a claim grows its LUN", claimGrowsLUN},
		{"an attached volume grows", attachedVolumeGrows},
		{"an attributes class changes the LUN", attributesClassChangesLUN},
		{"a claim's snapshot becomes a snapshot", claimsSnapshot},
		{"claims from a snapshot and from a claim", claimsFromSources},
		{"a group of claims has snapshots of one instant", groupSnapshot},
		{"the driver is killed while it creates a volume", killedInCreation},
		{"the driver is killed while it publishes a volume", killedInPublication},
		{"the driver is killed while it unpublishes a volume", killedInUnpublication},
		{"the driver is killed while it expands a volume", killedInExpansion},
		{"the driver is killed while it takes a snapshot", killedInSnapshot},
		{"the driver is killed while it deletes a volume", killedInDeletion},
		{"the sidecars lack no right", sidecarsLackNoRight},
		{"the API server is killed while a volume is created", apiServerKilled},
	} {
		passed := t.Run(test.name, func(t *testing.T) {
			test.run(t, c)
			c.nothingLeft(t)
		})
		if !passed {
			t.Fatal("the cases after this one would meet what it has left")
		}
	}
}
