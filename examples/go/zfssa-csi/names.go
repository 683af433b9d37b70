// Object names on the appliance, derived from CSI names.

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
)

// Names on the appliance are derived from the names in CSI calls, so that the driver needs no
// storage of its own: the prefix and the name if that fits, otherwise the prefix and a hash. The
// full name, up to 128 bytes, is the id of the operation that creates the object, which the engine
// stores in a property of the object.
//
// A name has at most 50 characters. With the prefix of a temporary snapshot it then fits the
// appliance's limit of 64, and a snapshot id, which contains two names, fits CSI's limit of 128.
const (
	prefix      = "csi-"
	hashPrefix  = prefix + "h-"
	groupPrefix = prefix + "g-"
	longestName = 50
)

var plainName = regexp.MustCompile(`^[A-Za-z0-9_.:-]+$`)

// objectName returns the name on the appliance. Different names have different object names: a name
// that looks like a hash is hashed too.
func objectName(name string) string {
	plain := prefix + name
	if len(plain) <= longestName && plainName.MatchString(name) && !strings.HasPrefix(plain, hashPrefix) && !strings.HasPrefix(plain, groupPrefix) {
		return plain
	}
	return hashed(hashPrefix, name)
}

func hashed(prefix, name string) string {
	sum := sha256.Sum256([]byte(name))
	return prefix + hex.EncodeToString(sum[:])[:longestName-len(prefix)]
}

// groupName returns the id of a group snapshot, which is also the name of its members and of no
// other snapshot.
func groupName(name string) string { return hashed(groupPrefix, name) }

func isGroup(object string) bool { return ours(object) && strings.HasPrefix(object, groupPrefix) }

// ours returns whether this driver can have created an object with the name. It treats any other
// object as not existing and never changes it.
func ours(object string) bool {
	return strings.HasPrefix(object, prefix) && len(object) <= longestName && plainName.MatchString(object)
}

// snapshotID returns the id of a snapshot. It begins with the id of the volume, so a lookup needs no
// search.
func snapshotID(volume, snapshot string) string { return volume + "@" + snapshot }
