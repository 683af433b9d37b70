package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const notice = "Code generated from docs/abi/zfssa.json by internal/gen; DO NOT EDIT."

// initialisms maps parts of C names to parts of Go names that are not simply capitalised.
var initialisms = map[string]string{
	"api": "API", "gb": "GB", "gib": "GiB", "guid": "GUID", "http": "HTTP", "id": "ID", "ids": "IDs",
	"ip": "IP", "iqn": "IQN", "iqns": "IQNs", "json": "JSON", "lun": "LUN", "luns": "LUNs",
	"ms": "MS", "pem": "PEM", "qos": "QoS", "rest": "REST", "sha256": "SHA256", "tls": "TLS",
	"url": "URL", "zfssa": "ZFSSA", "io": "IO", "abi": "ABI",
}

// secrets lists the members of requests that are secrets or contain one.
var secrets = []string{"password", "location_info"}

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

// goName returns the Go type of a C structure: zfssa_volume_t is Volume.
func goName(ctype string) string {
	return camel(strings.TrimSuffix(strings.TrimPrefix(ctype, "zfssa_"), "_t"))
}

func lowerFirst(text string) string { return strings.ToLower(text[:1]) + text[1:] }

func upperFirst(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// writeDoc writes a doc comment, wrapped at 98 columns.
func writeDoc(b *strings.Builder, indent, text string) {
	for i, paragraph := range strings.Split(text, "\n\n") {
		if i > 0 {
			fmt.Fprintf(b, "%s//\n", indent)
		}
		line := indent + "//"
		for _, word := range strings.Fields(paragraph) {
			if len(line)+1+len(word) > 98 {
				b.WriteString(line + "\n")
				line = indent + "//"
			}
			line += " " + word
		}
		b.WriteString(line + "\n")
	}
}

// statuses returns the source of status_gen.go.
func statuses(h *header) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "// %s\n\npackage zfssa\n\n", notice)
	b.WriteString("// Statuses of failed calls and operations, as errors for errors.Is(err, zfssa.ErrVolumeBusy).\nconst (\n")
	var names strings.Builder
	for _, d := range h.defines {
		name, ok := strings.CutPrefix(d.name, "ZFSSA_E_")
		if !ok {
			continue
		}
		writeDoc(&b, "\t", d.doc)
		fmt.Fprintf(&b, "\tErr%s Status = %s\n", camel(name), d.value)
		fmt.Fprintf(&names, "\tErr%s: {%q, %q},\n", camel(name), name, d.doc)
	}
	b.WriteString(")\n\n// Outcomes: how a failed operation left the appliance.\nconst (\n")
	var outcomes strings.Builder
	for _, d := range h.defines {
		name, ok := strings.CutPrefix(d.name, "ZFSSA_OUTCOME_")
		if !ok {
			continue
		}
		writeDoc(&b, "\t", d.doc)
		fmt.Fprintf(&b, "\tOutcome%s Outcome = %s\n", camel(name), d.value)
		fmt.Fprintf(&outcomes, "\tOutcome%s: %q,\n", camel(name), name)
	}
	b.WriteString(")\n\nvar statusTexts = map[Status]struct{ name, description string }{\n")
	b.WriteString(names.String())
	b.WriteString("}\n\nvar outcomeNames = map[Outcome]string{\n")
	b.WriteString(outcomes.String())
	b.WriteString("}\n")
	return b.String(), nil
}

// dlopenShim returns the source of dlopen_gen.c, which defines every function of the library as a
// call through the function table of a library loaded at run time.
func dlopenShim(h *header) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "/* %s */\n\n//go:build zfssa_dlopen\n\n", notice)
	b.WriteString(`/* Hidden, because a program that exports its symbols would otherwise replace the library's own
 * functions by these, and the library would call itself in an infinite recursion. */
#pragma GCC visibility push(hidden)
#include "zfssa_dl.h"
#include "shim.h"

const zfssa_vtable_t *zfssago_table;

`)
	for _, f := range h.functions {
		if f.name == "zfssa_get_vtable" {
			continue
		}
		var params, names []string
		for _, p := range f.params {
			params = append(params, p.ctype+" "+p.name)
			names = append(names, p.name)
		}
		if len(params) == 0 {
			params = []string{"void"}
		}
		keyword := "return "
		if f.result == "void" {
			keyword = ""
		}
		fmt.Fprintf(&b, "%s %s(%s)\n{\n    %szfssago_table->%s(%s);\n}\n\n", f.result, f.name,
			strings.Join(params, ", "), keyword, strings.TrimPrefix(f.name, "zfssa_"), strings.Join(names, ", "))
	}
	b.WriteString("#pragma GCC visibility pop\n")
	return []byte(b.String())
}

// A kind describes the conversion of a member between Go and C.
type kind struct {
	goType string
	goName string
	// toGo is the Go expression that reads the C member; fromGo is the statement that sets it.
	toGo, fromGo string
}

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

// oneOf matches the documentation of a member that holds a constant of an enumeration.
var oneOf = regexp.MustCompile(`^One of the (ZFSSA_\w+_) numbers`)

// functionName matches a function of the library in prose.
var functionName = regexp.MustCompile(`\bzfssa_(\w+)\(\)`)

// statusName matches a status or an outcome in prose.
var statusName = regexp.MustCompile(`\bZFSSA_(E|OUTCOME)_([A-Z_]+)\b`)

// memberName matches a member in prose, which the header writes in backticks.
var memberName = regexp.MustCompile("`(\\w+)`")

// falseMember matches a boolean member that prose says is 0, such as "Created 0".
var falseMember = regexp.MustCompile(`\b((?:Created|Changed|InPlace) (?:is )?)0\b`)

// withFlag matches the start of the documentation of an array that counts only with a flag.
var withFlag = regexp.MustCompile(`^With ZFSSA_\w+: \w`)

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

// emitEnum writes the type of a member that holds a constant, with its values. The member is
// written as Go does, such as RecoveredFlow.Settled.
func emitEnum(b *strings.Builder, h *header, goType, prefix, member string) error {
	var constants, names strings.Builder
	for _, d := range h.defines {
		value, ok := strings.CutPrefix(d.name, prefix)
		if !ok {
			continue
		}
		constant := strings.TrimSuffix(goType, "Kind") + camel(value)
		writeDoc(&constants, "\t", constant+": "+lowerStart(h.docFor("", d.doc)))
		fmt.Fprintf(&constants, "\t%s %s = %s\n", constant, goType, d.value)
		fmt.Fprintf(&names, "\tcase %s:\n\t\treturn %q\n", constant, value)
	}
	if constants.Len() == 0 {
		return fmt.Errorf("there are no %s constants", prefix)
	}
	writeDoc(b, "", fmt.Sprintf("%s is the type of [%s]. Later versions of the library may add values.", goType, member))
	fmt.Fprintf(b, "type %s uint32\n\n// Values of [%s].\nconst (\n%s)\n\n",
		goType, member, constants.String())
	fmt.Fprintf(b, "// String returns the name of the value in capitals, or UNKNOWN.\nfunc (v %s) String() string {\n\tswitch v {\n%s\t}\n\treturn \"UNKNOWN\"\n}\n\n",
		goType, names.String())
	return nil
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

// emitElement writes the Go type of an array's elements, with its conversion to C.
func emitElement(b *strings.Builder, h *header, s *structure) error {
	name := goName(s.name)
	var members, sets strings.Builder
	for _, f := range s.fields {
		if hidden(f) {
			if f.name == "size" {
				sets.WriteString("\tc.size = C.uint32_t(unsafe.Sizeof(*c))\n")
			}
			continue
		}
		k, err := argKind(h, s, f, "c", "g")
		if err != nil {
			return err
		}
		writeDoc(&members, "\t", h.docFor("", emptyDoc(f.doc)))
		fmt.Fprintf(&members, "\t%s %s `json:\"%s\"`\n", k.goName, k.goType, f.name)
		sets.WriteString("\t" + k.fromGo + "\n")
	}
	writeDoc(b, "", h.docFor(name, s.doc))
	fmt.Fprintf(b, "type %s struct {\n%s}\n\n", name, members.String())
	fmt.Fprintf(b, "func (g *%s) fill(a *arena, c *C.%s) {\n%s}\n\n", name, s.name, sets.String())
	return nil
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
	case strings.HasSuffix(f.name, "_ms"):
		k.goName = camel(strings.TrimSuffix(f.name, "_ms"))
		k.goType = "time.Duration"
		k.fromGo = fmt.Sprintf("%s = C.%s(milliseconds(%s.%s))", set, f.ctype, g, k.goName)
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

// docFor returns a doc comment for name, or for a member if name is empty, from the header's.
func (h *header) docFor(name, doc string) string {
	var kept []string
	for _, paragraph := range strings.Split(doc, "\n\n") {
		if !strings.HasPrefix(paragraph, "Does not block.") {
			kept = append(kept, paragraph)
		}
	}
	text := strings.Join(kept, "\n\n")
	text = strings.ReplaceAll(text, " More members may follow in later versions.", "")
	// Go copies what the result holds.
	text = strings.ReplaceAll(text, " Wiped when the result is freed.", "")
	text = strings.ReplaceAll(text, "Pointers to the ", "The ")
	text = oneOf.ReplaceAllString(text, "One of the constants")
	text = h.limits(text)
	for _, flag := range h.flags() {
		text = regexp.MustCompile(`\b`+flag+`\b`).ReplaceAllString(text, flagName(flag))
	}
	text = memberName.ReplaceAllStringFunc(text, func(found string) string { return camel(strings.Trim(found, "`")) })
	text = statusName.ReplaceAllStringFunc(text, func(found string) string {
		parts := statusName.FindStringSubmatch(found)
		return "[" + map[string]string{"E": "Err", "OUTCOME": "Outcome"}[parts[1]] + camel(parts[2]) + "]"
	})
	text = functionName.ReplaceAllStringFunc(text, func(found string) string {
		return "[Driver." + camel(functionName.FindStringSubmatch(found)[1]) + "]"
	})
	text = falseMember.ReplaceAllString(text, "${1}false")
	if name == "" {
		return text
	}
	for _, start := range []string{"A ", "An ", "The ", "What ", "How ", "Where "} {
		if strings.HasPrefix(text, start) {
			return name + " is " + lowerStart(text)
		}
	}
	return name + " " + lowerStart(text)
}

// limits replaces constants such as ZFSSA_MAX_TEXT in prose by their numbers.
func (h *header) limits(text string) string {
	for _, d := range h.defines {
		if strings.HasPrefix(d.name, "ZFSSA_MAX_") {
			text = regexp.MustCompile(`\b`+d.name+`\b`).ReplaceAllString(text, grouped(d.value))
		}
	}
	return text
}

// grouped returns a number with commas between its thousands.
func grouped(number string) string {
	for i := len(number) - 3; i > 0; i -= 3 {
		number = number[:i] + "," + number[i:]
	}
	return number
}

// flags returns the flags of all structures.
func (h *header) flags() []string {
	var found []string
	for _, s := range h.structs {
		for _, f := range s.fields {
			found = append(found, f.flags...)
		}
	}
	return found
}

// lowerStart returns a sentence as it continues after a colon.
func lowerStart(text string) string {
	if len(text) > 1 && text[0] >= 'A' && text[0] <= 'Z' && (text[1] == ' ' || text[1] >= 'a' && text[1] <= 'z') {
		return lowerFirst(text)
	}
	return text
}

// operations returns the source of operations_gen.go.
func operations(h *header) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "// %s\n\npackage zfssa\n\n", notice)
	b.WriteString("/*\n#include \"zfssa.h\"\n*/\nimport \"C\"\n\nimport (\n\t\"context\"\n\t\"time\"\n\t\"unsafe\"\n)\n\nvar _ time.Duration\n\n")
	needed := map[string]bool{}
	var need func(name string)
	var order []string
	need = func(name string) {
		if needed[name] {
			return
		}
		needed[name] = true
		order = append(order, name)
		for _, f := range h.structure(name).fields {
			if inner, ok := structPointer(f.ctype); ok {
				need(inner)
			}
			if inner, ok := structArray(f.ctype); ok {
				need(inner)
			}
		}
	}
	elements := map[string]bool{}
	for _, o := range h.operations {
		if err := emitOperation(&b, h, o, need, elements); err != nil {
			return "", err
		}
	}
	enums := map[string]bool{}
	for _, name := range order {
		for _, f := range h.structure(name).fields {
			if enum, prefix, ok := enumOf(h, f); ok && !enums[enum] {
				enums[enum] = true
				if err := emitEnum(&b, h, enum, prefix, goName(name)+"."+camel(f.name)); err != nil {
					return "", err
				}
			}
		}
		if err := emitView(&b, h, h.structure(name)); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}

// emitOperation writes the request and the method of an operation.
func emitOperation(b *strings.Builder, h *header, o operation, need func(string), elements map[string]bool) error {
	f, args := o.function, o.arguments
	short := strings.TrimPrefix(f.name, "zfssa_")
	method := camel(short)
	var set []string
	request := method + "Request"
	var body strings.Builder
	members := 0
	for _, flag := range flagConstants(h, args) {
		members++
		name := flagName(flag.name)
		writeDoc(&body, "\t", h.docFor("", flag.doc))
		fmt.Fprintf(&body, "\t%s bool `json:\"%s,omitempty\"`\n", name, strings.ToLower(flagWords(flag.name)))
		set = append(set, fmt.Sprintf("if req.%s {\nargs.flags |= C.%s\n}", name, flag.name))
	}
	for _, m := range args.fields {
		if hidden(m) || m.name == "flags" {
			continue
		}
		k, err := argKind(h, args, m, "args", "req")
		if err != nil {
			return err
		}
		members++
		if name, ok := elementOf(h, args, m); ok && !elements[name] {
			elements[name] = true
			if err := emitElement(b, h, h.structure(name)); err != nil {
				return err
			}
		}
		flag := everyFlag(m)
		doc := emptyDoc(every.ReplaceAllString(m.doc, "required unless "+flag))
		if k.goType == "time.Duration" {
			doc = strings.Replace(doc, ", in milliseconds", ", rounded up to milliseconds", 1)
		}
		writeDoc(&body, "\t", h.docFor("", doc))
		tag := m.name + ",omitempty"
		if k.goType == "time.Duration" {
			tag = "-"
		}
		fmt.Fprintf(&body, "\t%s %s `json:%q`\n", k.goName, k.goType, tag)
		set = append(set, k.fromGo)
		if flag != "" {
			writeDoc(&body, "\t", h.docFor("", upperFirst(every.FindString(m.doc)[len("NULL: "):])+", in place of "+k.goName+"."))
			fmt.Fprintf(&body, "\t%s bool `json:\"%s,omitempty\"`\n", flag, strings.ToLower("every_"+flag[len("Every"):]))
		}
	}
	parameter := ""
	if members > 0 {
		fmt.Fprintf(b, "// %s holds the arguments of [Driver.%s].\ntype %s struct {\n%s}\n\n", request, method, request, body.String())
		parameter = ", req " + request
	}
	returns, view, convert := "error", "", ""
	if o.view != nil {
		view = o.accessor.name
		s := o.view
		if array, element, ok := listed(s); ok {
			need(element)
			count, err := countOf(s, array)
			if err != nil {
				return err
			}
			returns = fmt.Sprintf("([]*%s, error)", goName(element))
			convert = fmt.Sprintf("out = views(v.%s, v.%s, %sOf)", cName(array.name), cName(count), lowerFirst(goName(element)))
		} else {
			need(s.name)
			returns = fmt.Sprintf("(*%s, error)", goName(s.name))
			convert = fmt.Sprintf("out = %sOf(v)", lowerFirst(goName(s.name)))
		}
	}
	writeDoc(b, "", h.docFor(method, f.doc))
	fmt.Fprintf(b, "func (d *Driver) %s(ctx context.Context%s) %s {\n", method, parameter, returns)
	b.WriteString("\ta := newArena()\n")
	fmt.Fprintf(b, "\tvar args C.%s\n\targs.size = C.uint32_t(unsafe.Sizeof(args))\n", args.name)
	for _, statement := range set {
		b.WriteString("\t" + statement + "\n")
	}
	if view != "" {
		fmt.Fprintf(b, "\tvar out %s\n", strings.TrimSuffix(strings.TrimPrefix(returns, "("), ", error)"))
	}
	fmt.Fprintf(b, "\terr := d.run(ctx, %s, &a,\n", strconv.Quote(short))
	b.WriteString("\t\tfunc(driver *C.zfssa_driver_t, call *C.zfssa_call_t, ticket *C.zfssa_ticket_t, e **C.zfssa_error_t) C.zfssa_status_t {\n")
	fmt.Fprintf(b, "\t\t\treturn C.%s(driver, &args, call, ticket, e)\n\t\t},\n", f.name)
	if view == "" {
		b.WriteString("\t\tnil)\n\treturn err\n}\n\n")
		return nil
	}
	fmt.Fprintf(b, "\t\tfunc(result *C.zfssa_result_t) {\n\t\t\tif v := C.%s(result); v != nil {\n\t\t\t\t%s\n\t\t\t}\n\t\t})\n", view, convert)
	b.WriteString("\treturn out, err\n}\n\n")
	return nil
}

// emitView writes the Go type of a view, with its conversion from C.
func emitView(b *strings.Builder, h *header, s *structure) error {
	name := goName(s.name)
	var members, sets strings.Builder
	for _, f := range s.fields {
		if hidden(f) {
			continue
		}
		k, err := viewKind(h, s, f)
		if err != nil {
			return err
		}
		doc := f.doc
		if k.goType == "bool" {
			doc = boolDoc(doc)
		}
		if k.goType == "*bool" {
			doc = strings.NewReplacer(": 1 or 0; -1 when", "; nil when").Replace(doc)
		}
		doc = strings.NewReplacer("; NULL when there are none", "", "NULL", "empty").Replace(doc)
		if strings.HasPrefix(k.goType, "*") {
			doc = strings.ReplaceAll(doc, "empty", "nil")
		}
		writeDoc(&members, "\t", h.docFor("", doc))
		fmt.Fprintf(&members, "\t%s %s `json:\"%s\"`\n", k.goName, k.goType, f.name)
		fmt.Fprintf(&sets, "\t\t%s: %s,\n", k.goName, k.toGo)
	}
	writeDoc(b, "", h.docFor(name, s.doc))
	fmt.Fprintf(b, "type %s struct {\n%s}\n\n", name, members.String())
	fmt.Fprintf(b, "func %sOf(v *C.%s) *%s {\n\tif v == nil {\n\t\treturn nil\n\t}\n\treturn &%s{\n%s\t}\n}\n\n",
		lowerFirst(name), s.name, name, name, sets.String())
	return nil
}

// emptyDoc replaces NULL in a doc comment by Go's zero value.
func emptyDoc(doc string) string {
	doc = strings.ReplaceAll(doc, " NULL: none.", "")
	doc = withFlag.ReplaceAllStringFunc(doc, func(found string) string { return upperFirst(found[len(found)-1:]) })
	doc = strings.ReplaceAll(doc, "Without the flag: ", "Nil: ")
	return strings.ReplaceAll(strings.ReplaceAll(doc, ". NULL", ". Empty"), "NULL", "empty")
}

// boolDoc replaces 1 and 0 in the doc comment of a boolean.
func boolDoc(doc string) string {
	replacer := strings.NewReplacer("1 when ", "True when ", "1 if ", "True if ", "1 where ", "True where ", ", else 0", "",
		"Always 1", "Always true", "Always 0", "Always false", "; 0 when", "; false when")
	return replacer.Replace(doc)
}
