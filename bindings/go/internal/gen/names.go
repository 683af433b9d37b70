// Names of Go for the names of C.

package main

import (
	"strings"
)

// initialisms maps parts of C names to parts of Go names that are not simply capitalised.
var initialisms = map[string]string{
	"api": "API", "gb": "GB", "gib": "GiB", "guid": "GUID", "http": "HTTP", "id": "ID", "ids": "IDs",
	"ip": "IP", "iqn": "IQN", "iqns": "IQNs", "json": "JSON", "lun": "LUN", "luns": "LUNs",
	"ms": "MS", "pem": "PEM", "qos": "QoS", "rest": "REST", "sha256": "SHA256", "tls": "TLS",
	"url": "URL", "zfssa": "ZFSSA", "io": "IO", "abi": "ABI",
}

// camel returns the Go name of a C name: size_gib is SizeGiB.
func camel(name string) string {
	var b strings.Builder
	for _, part := range strings.Split(strings.ToLower(name), "_") {
		if special, ok := initialisms[part]; ok {
			b.WriteString(special)
		} else if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}

// durationUnit returns the unit of a member that is a duration in Go, or an empty string.
func durationUnit(name string) string {
	switch {
	case strings.HasSuffix(name, "_ms"):
		return "milliseconds"
	case strings.HasSuffix(name, "_s"):
		return "seconds"
	}
	return ""
}

// memberGoName returns the Go name of a member, in which a duration has no unit: min_age_s is MinAge.
func memberGoName(name string) string {
	if durationUnit(name) != "" {
		name = name[:strings.LastIndex(name, "_")]
	}
	return camel(name)
}

// goName returns the Go type of a C structure: zfssa_volume_t is Volume.
func goName(ctype string) string {
	return camel(strings.TrimSuffix(strings.TrimPrefix(ctype, "zfssa_"), "_t"))
}

func lowerFirst(text string) string { return strings.ToLower(text[:1]) + text[1:] }

func upperFirst(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// cName returns the name of a C member in cgo, which prefixes Go keywords.
func cName(name string) string {
	switch name {
	case "type", "range", "func", "map", "var", "select", "go", "import", "package":
		return "_" + name
	}
	return name
}

// structPointer returns the structure of a type such as const zfssa_volume_t*.
func structPointer(ctype string) (string, bool) {
	inner, ok := strings.CutPrefix(ctype, "const zfssa_")
	if !ok || !strings.HasSuffix(inner, "_t*") || strings.Count(inner, "*") != 1 {
		return "", false
	}
	return "zfssa_" + strings.TrimSuffix(inner, "*"), true
}

// structArray returns the structure of a type such as const zfssa_volume_t*const*.
func structArray(ctype string) (string, bool) {
	inner, ok := strings.CutPrefix(ctype, "const zfssa_")
	if !ok || !strings.HasSuffix(inner, "_t*const*") {
		return "", false
	}
	return "zfssa_" + strings.TrimSuffix(inner, "*const*"), true
}
