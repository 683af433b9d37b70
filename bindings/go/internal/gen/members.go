// Members of structures: how Go writes and reads each.

package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// secrets lists the members of requests that are secrets or contain one.
var secrets = []string{"password", "location_info"}

// A kind describes the conversion of a member between Go and C.
type kind struct {
	goType string
	goName string
	// toGo is the Go expression that reads the C member; fromGo is the statement that sets it.
	toGo, fromGo string
}

func isArray(ctype string) bool {
	_, ofStructs := structArray(ctype)
	return ofStructs || ctype == "const char*const*" || ctype == "const uint32_t*" ||
		ctype == "const uint64_t*" || ctype == "const zfssa_pair_t*"
}

// countOf returns the member that holds the number of elements of an array.
func countOf(s *structure, f field) (string, error) {
	if f.countedBy == "" {
		return "", fmt.Errorf("%s.%s: no count", s.name, f.name)
	}
	return f.countedBy, nil
}

// hidden reports whether a member has no counterpart in Go: sizes, counts and callbacks. Events take
// the place of callbacks, so that no thread of the engine runs Go code.
func hidden(f field) bool {
	return f.role != "value" && f.role != "flags"
}

// viewKind returns the conversion of a member of a result to Go.
func viewKind(h *header, s *structure, f field) (kind, error) {
	k := kind{goName: camel(f.name)}
	c := "v." + cName(f.name)
	if name, ok := structPointer(f.ctype); ok {
		if h.structure(name) == nil {
			return k, fmt.Errorf("%s.%s: unknown structure %s", s.name, f.name, name)
		}
		k.goType = "*" + goName(name)
		k.toGo = fmt.Sprintf("%sOf(%s)", lowerFirst(goName(name)), c)
		return k, nil
	}
	if isArray(f.ctype) {
		count, err := countOf(s, f)
		if err != nil {
			return k, err
		}
		if name, ok := structArray(f.ctype); ok {
			k.goType = "[]*" + goName(name)
			k.toGo = fmt.Sprintf("views(%s, v.%s, %sOf)", c, cName(count), lowerFirst(goName(name)))
			return k, nil
		}
		switch f.ctype {
		case "const char*const*":
			k.goType, k.toGo = "[]string", fmt.Sprintf("texts(%s, v.%s)", c, cName(count))
		case "const uint32_t*":
			k.goType, k.toGo = "[]uint32", fmt.Sprintf("numbers(%s, v.%s)", c, cName(count))
		default:
			return k, fmt.Errorf("%s.%s: unknown type %s", s.name, f.name, f.ctype)
		}
		return k, nil
	}
	if enum, _, ok := enumOf(h, f); ok {
		k.goType, k.toGo = enum, fmt.Sprintf("%s(%s)", enum, c)
		return k, nil
	}
	switch {
	case f.boolean == "yes":
		k.goType, k.toGo = "bool", c+" != 0"
	case f.boolean == "optional":
		k.goType, k.toGo = "*bool", "maybe("+c+")"
	case f.ctype == "const char*" && f.secret:
		k.goType, k.toGo = "Secret", fmt.Sprintf("Secret(C.GoString(%s))", c)
	case f.ctype == "const char*":
		k.goType, k.toGo = "string", fmt.Sprintf("C.GoString(%s)", c)
	case f.ctype == "zfssa_status_t":
		k.goType, k.toGo = "Status", fmt.Sprintf("Status(%s)", c)
	default:
		number, err := numberType(f.ctype)
		if err != nil {
			return k, fmt.Errorf("%s.%s: %w", s.name, f.name, err)
		}
		k.goType, k.toGo = number, fmt.Sprintf("%s(%s)", number, c)
	}
	return k, nil
}

// enumOf returns the Go type of a member that holds a constant, and the prefix of the constants.
func enumOf(h *header, f field) (goType, prefix string, ok bool) {
	if f.oneOf == "" || f.ctype != "uint32_t" {
		return "", "", false
	}
	words := strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(f.oneOf, "ZFSSA_"), "_"))
	goType = camel(words)
	if h.structure("zfssa_"+words+"_t") != nil {
		goType += "Kind"
	}
	return goType, f.oneOf, true
}

func numberType(ctype string) (string, error) {
	switch ctype {
	case "uint32_t", "int32_t", "uint64_t", "int64_t":
		return strings.TrimSuffix(ctype, "_t"), nil
	case "double":
		return "float64", nil
	}
	return "", fmt.Errorf("unknown type %s", ctype)
}

// presence maps arrays to the flag that says that they were passed; nil is not passed.
var presence = map[string]string{"still_attached": "ZFSSA_TERMINATE_STILL_ATTACHED"}

// flagName returns the Go name of a flag: ZFSSA_MANAGE_KEEP_PRESENTATION is KeepPresentation.
func flagName(constant string) string {
	return camel(flagWords(constant))
}

// flagWords returns the part of a flag that is its name: KEEP_PRESENTATION.
func flagWords(constant string) string {
	_, rest, _ := strings.Cut(strings.TrimPrefix(constant, "ZFSSA_"), "_")
	return rest
}

// elementOf returns the structure of the elements of an array in a request.
func elementOf(h *header, s *structure, f field) (string, bool) {
	name, ok := structPointer(f.ctype)
	if !ok || name == "zfssa_pair_t" || h.structure(name) == nil {
		return "", false
	}
	_, err := countOf(s, f)
	return name, err == nil
}

// argKind returns the conversion of a member of a request to C, for the variables c and g.
func argKind(h *header, s *structure, f field, c, g string) (kind, error) {
	k := kind{goName: camel(f.name)}
	set := c + "." + cName(f.name)
	value := g + "." + k.goName
	if element, ok := elementOf(h, s, f); ok {
		count, err := countOf(s, f)
		if err != nil {
			return k, err
		}
		k.goType = "[]" + goName(element)
		k.fromGo = fmt.Sprintf("%s, %s.%s = array(&a, %s, (*%s).fill)", set, c, cName(count), value, goName(element))
		return k, nil
	}
	switch {
	case f.ctype == "const zfssa_pair_t*":
		k.goType = "map[string]string"
		k.fromGo = fmt.Sprintf("%s, %s.%s_count = a.pairs(%q, %s)", set, c, f.name, f.name, value)
	case f.ctype == "const char*const*":
		count, err := countOf(s, f)
		if err != nil {
			return k, err
		}
		k.goType = "[]string"
		k.fromGo = fmt.Sprintf("%s, %s.%s = a.texts(%q, %s)", set, c, cName(count), f.name, value)
		if flag, ok := presence[f.name]; ok {
			k.fromGo += fmt.Sprintf("\nif %s != nil {\n%s.flags |= C.%s\n}", value, c, flag)
		}
	case f.ctype == "const char*" && slices.Contains(secrets, f.name):
		k.goType = "Secret"
		k.fromGo = fmt.Sprintf("%s = a.text(%q, %s.Reveal())", set, f.name, value)
	case f.ctype == "const char*" && everyFlag(f) != "":
		k.goType = "string"
		flag := everyFlag(f)
		k.fromGo = fmt.Sprintf("%s = a.oneOrEvery(%q, %s, %q, %s.%s)", set, f.name, value, flag, g, flag)
	case f.ctype == "const char*":
		k.goType = "string"
		k.fromGo = fmt.Sprintf("%s = a.text(%q, %s)", set, f.name, value)
	case f.ctype == "zfssa_status_t":
		k.goType = "Status"
		k.fromGo = fmt.Sprintf("%s = C.zfssa_status_t(%s)", set, value)
	case f.boolean == "yes":
		k.goType = "bool"
		k.fromGo = fmt.Sprintf("%s = flag(%s)", set, value)
	case durationUnit(f.name) != "":
		k.goName = memberGoName(f.name)
		k.goType = "time.Duration"
		k.fromGo = fmt.Sprintf("%s = C.%s(%s(%s.%s))", set, f.ctype, durationUnit(f.name), g, k.goName)
	default:
		number, err := numberType(f.ctype)
		if err != nil {
			return k, fmt.Errorf("%s.%s: %w", s.name, f.name, err)
		}
		k.goType = number
		k.fromGo = fmt.Sprintf("%s = C.%s(%s)", set, f.ctype, value)
	}
	return k, nil
}

// every matches the documentation of a member where NULL selects every object: "NULL: every host".
var every = regexp.MustCompile(`NULL: every (\w+)( of [^.]*)?`)

// everyFlag returns the Go member that selects every object, such as EveryHost, because an empty
// text must not. It is empty for a member without that meaning.
func everyFlag(f field) string {
	if found := every.FindStringSubmatch(f.doc); found != nil {
		return "Every" + camel(found[1])
	}
	return ""
}

// flagConstants returns the flags of an arguments structure, without those for arrays.
func flagConstants(h *header, s *structure) []define {
	var found []define
	for _, f := range s.fields {
		for _, flag := range f.flags {
			if slices.Contains(slices.Collect(maps.Values(presence)), flag) {
				continue
			}
			for _, d := range h.defines {
				if d.name == flag {
					found = append(found, d)
				}
			}
		}
	}
	return found
}

// listed returns the array and the element type of a view that consists of one array.
func listed(s *structure) (field, string, bool) {
	var array field
	for _, f := range s.fields {
		if hidden(f) {
			continue
		}
		if _, ok := structArray(f.ctype); !ok || array.name != "" {
			return field{}, "", false
		}
		array = f
	}
	element, ok := structArray(array.ctype)
	return array, element, ok
}
