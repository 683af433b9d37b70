package main

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
)

// The names on the appliance are derived from the names that the orchestrator gives, so that
// nothing need be remembered: prefix and name where it fits, prefix and hash where it does not.
// The full name, of up to 128 bytes, is the id of the operation that made the object, which the
// engine keeps in a property of it.
//
// At most 50 characters: with the prefix of a temporary snapshot it still fits the appliance's
// limit of 64, and a snapshot's id with both names the limit of 128 for ids.
const (
	prefix      = "csi-"
	hashPrefix  = prefix + "h-"
	groupPrefix = prefix + "g-"
	longestName = 50
)

var plainName = regexp.MustCompile(`^[A-Za-z0-9_.:-]+$`)

// objectName is the name on the appliance. Two names never share one: a plain name that looks
// like a hash is hashed.
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

// groupName is the id of a group snapshot and the name of its members, which no other snapshot
// has.
func groupName(name string) string { return hashed(groupPrefix, name) }

func isGroup(object string) bool { return ours(object) && strings.HasPrefix(object, groupPrefix) }

// ours tells whether this driver could have made an object of the name. What it could not have
// made does not exist, as far as it is concerned, and is never touched.
func ours(object string) bool {
	return strings.HasPrefix(object, prefix) && len(object) <= longestName && plainName.MatchString(object)
}

// A snapshot's id names its volume too: no search is needed to find it.
func snapshotID(volume, snapshot string) string { return volume + "@" + snapshot }

func parseSnapshotID(id string) (volume, snapshot string, ok bool) {
	volume, snapshot, ok = strings.Cut(id, "@")
	return volume, snapshot, ok && ours(volume) && ours(snapshot)
}
