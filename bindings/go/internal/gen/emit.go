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

// initialisms are the parts of names that are not simply capitalised.
var initialisms = map[string]string{
	"api": "API", "gb": "GB", "gib": "GiB", "guid": "GUID", "http": "HTTP", "id": "ID", "ids": "IDs",
	"ip": "IP", "iqn": "IQN", "iqns": "IQNs", "json": "JSON", "lun": "LUN", "luns": "LUNs",
	"ms": "MS", "pem": "PEM", "qos": "QoS", "rest": "REST", "sha256": "SHA256", "tls": "TLS",
	"url": "URL", "zfssa": "ZFSSA", "io": "IO", "abi": "ABI",
}

// secrets are members of requests that are, or hold, a secret.
var secrets = []string{"password", "location_info"}

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

// goName is the Go type of a C structure: zfssa_volume_t is Volume.
func goName(ctype string) string {
	return camel(strings.TrimSuffix(strings.TrimPrefix(ctype, "zfssa_"), "_t"))
}

func lowerFirst(text string) string { return strings.ToLower(text[:1]) + text[1:] }

func upperFirst(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// comment writes a doc comment, wrapped at a readable width.
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

func statuses(h *header) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "// %s\n\npackage zfssa\n\n", notice)
	b.WriteString("// Statuses. Each is an error to compare with: errors.Is(err, zfssa.ErrVolumeBusy).\nconst (\n")
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
	b.WriteString(")\n\n// What a failed operation did to the appliance.\nconst (\n")
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

// dlopenShim defines every function of the library as a call through its table, for programs
// that load it at run time.
func dlopenShim(h *header) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "/* %s */\n\n//go:build zfssa_dlopen\n\n", notice)
	b.WriteString(`/* Hidden, so that a program which exports its symbols cannot put these in place of the library's
 * own: the library would call itself through them for ever. */
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

// A kind says how a member crosses between Go and C.
type kind struct {
	goType string
	goName string
	// toGo gives the Go expression of a C member; fromGo the statement that sets it.
	toGo, fromGo string
}

// cName is how cgo spells a member whose name is a Go keyword.
func cName(name string) string {
	switch name {
	case "type", "range", "func", "map", "var", "select", "go", "import", "package":
		return "_" + name
	}
	return name
}

func structPointer(ctype string) (string, bool) {
	inner, ok := strings.CutPrefix(ctype, "const zfssa_")
	if !ok || !strings.HasSuffix(inner, "_t*") || strings.Count(inner, "*") != 1 {
		return "", false
	}
	return "zfssa_" + strings.TrimSuffix(inner, "*"), true
}

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

// countOf is the member that says how many elements an array has.
func countOf(s *structure, f field) (string, error) {
	if f.countedBy == "" {
		return "", fmt.Errorf("%s.%s: no count", s.name, f.name)
	}
	return f.countedBy, nil
}

// hidden members are not the package's: sizes, counts, and callbacks, in whose place it takes
// events, so that no thread of the engine enters Go.
func hidden(f field) bool {
	return f.role != "value" && f.role != "flags"
}

// viewKind says how a member of a result becomes Go.
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

// oneOf begins the documentation of a member that is one of some constants.
var oneOf = regexp.MustCompile(`^One of the (ZFSSA_\w+_) numbers`)

// enumOf is the Go type for a number that is one of some constants, and their common prefix.
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

// emitEnum writes the type of such a number, with its values.
func emitEnum(b *strings.Builder, h *header, goType, prefix string) error {
	var constants, names strings.Builder
	for _, d := range h.defines {
		value, ok := strings.CutPrefix(d.name, prefix)
		if !ok {
			continue
		}
		constant := strings.TrimSuffix(goType, "Kind") + camel(value)
		writeDoc(&constants, "\t", constant+": "+lowerStart(docFor("", d.doc)))
		fmt.Fprintf(&constants, "\t%s %s = %s\n", constant, goType, d.value)
		fmt.Fprintf(&names, "\tcase %s:\n\t\treturn %q\n", constant, value)
	}
	if constants.Len() == 0 {
		return fmt.Errorf("there are no %s constants", prefix)
	}
	fmt.Fprintf(b, "// %s is one of the constants of this type.\ntype %s uint32\n\n// What a %s may be.\nconst (\n%s)\n\n",
		goType, goType, goType, constants.String())
	fmt.Fprintf(b, "// String is the constant in capitals.\nfunc (v %s) String() string {\n\tswitch v {\n%s\t}\n\treturn \"UNKNOWN\"\n}\n\n",
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

// presence are arrays whose being there at all is told by a flag.
var presence = map[string]string{"still_attached": "ZFSSA_TERMINATE_STILL_ATTACHED"}

// flagName is the Go name of a flag: ZFSSA_MANAGE_KEEP_PRESENTATION is KeepPresentation.
func flagName(constant string) string {
	return camel(flagWords(constant))
}

func flagWords(constant string) string {
	_, rest, _ := strings.Cut(strings.TrimPrefix(constant, "ZFSSA_"), "_")
	return rest
}

// elementOf gives the structure of which a member of a request is an array.
func elementOf(h *header, s *structure, f field) (string, bool) {
	name, ok := structPointer(f.ctype)
	if !ok || name == "zfssa_pair_t" || h.structure(name) == nil {
		return "", false
	}
	_, err := countOf(s, f)
	return name, err == nil
}

// emitElement writes the Go type of an array's elements, and how they become C.
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
		writeDoc(&members, "\t", docFor("", emptyDoc(f.doc)))
		fmt.Fprintf(&members, "\t%s %s `json:\"%s\"`\n", k.goName, k.goType, f.name)
		sets.WriteString("\t" + k.fromGo + "\n")
	}
	writeDoc(b, "", docFor(name, s.doc))
	fmt.Fprintf(b, "type %s struct {\n%s}\n\n", name, members.String())
	fmt.Fprintf(b, "func (g *%s) fill(a *arena, c *C.%s) {\n%s}\n\n", name, s.name, sets.String())
	return nil
}

// argKind says how a member of a request becomes C, where c and g are the variables.
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

// every finds what NULL means where it means every object: "NULL: every host".
var every = regexp.MustCompile(`NULL: every (\w+)( of [^.]*)?`)

// everyFlag is the member that has to be set to mean every object, such as EveryHost: an empty
// text never does. It is empty for a member without that meaning.
func everyFlag(f field) string {
	if found := every.FindStringSubmatch(f.doc); found != nil {
		return "Every" + camel(found[1])
	}
	return ""
}

// flagConstants are the flags that an arguments structure takes and that no array stands for.
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

// listed gives the element type of a view that is nothing but a list.
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

// docFor turns the words of the header into those of the package.
func docFor(name, doc string) string {
	var kept []string
	for _, paragraph := range strings.Split(doc, "\n\n") {
		if !strings.HasPrefix(paragraph, "Does not block.") {
			kept = append(kept, paragraph)
		}
	}
	text := strings.Join(kept, "\n\n")
	text = strings.ReplaceAll(text, " More members may follow in later versions.", "")
	text = oneOf.ReplaceAllString(text, "One of the constants")
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "`")
		b.WriteString(before)
		if !found {
			break
		}
		word, after, _ := strings.Cut(rest, "`")
		b.WriteString(camel(word))
		text = after
	}
	text = b.String()
	for _, prefix := range []string{"ZFSSA_E_", "ZFSSA_OUTCOME_"} {
		for {
			i := strings.Index(text, prefix)
			if i < 0 {
				break
			}
			end := i + len(prefix)
			for end < len(text) && (text[end] == '_' || text[end] >= 'A' && text[end] <= 'Z') {
				end++
			}
			goPrefix := map[string]string{"ZFSSA_E_": "Err", "ZFSSA_OUTCOME_": "Outcome"}[prefix]
			text = text[:i] + "[" + goPrefix + camel(text[i+len(prefix):end]) + "]" + text[end:]
		}
	}
	for {
		i := strings.Index(text, "zfssa_")
		j := i + 1
		if i >= 0 {
			j = i + strings.IndexByte(text[i:], '(')
		}
		if i < 0 || j <= i || !strings.HasPrefix(text[j:], "()") || strings.ContainsAny(text[i:j], " ,.") {
			break
		}
		text = text[:i] + "[Driver." + camel(text[i+len("zfssa_"):j]) + "]" + text[j+2:]
	}
	text = strings.NewReplacer("with Created 0", "with Created false", "with Changed 0", "with Changed false").Replace(text)
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

// lowerStart writes a sentence on after a colon.
func lowerStart(text string) string {
	if len(text) > 1 && text[0] >= 'A' && text[0] <= 'Z' && (text[1] == ' ' || text[1] >= 'a' && text[1] <= 'z') {
		return lowerFirst(text)
	}
	return text
}

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
				if err := emitEnum(&b, h, enum, prefix); err != nil {
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
		writeDoc(&body, "\t", docFor("", flag.doc))
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
		writeDoc(&body, "\t", docFor("", doc))
		tag := m.name + ",omitempty"
		if k.goType == "time.Duration" {
			tag = "-"
		}
		fmt.Fprintf(&body, "\t%s %s `json:%q`\n", k.goName, k.goType, tag)
		set = append(set, k.fromGo)
		if flag != "" {
			writeDoc(&body, "\t", docFor("", upperFirst(every.FindString(m.doc)[len("NULL: "):])+", in place of "+k.goName+"."))
			fmt.Fprintf(&body, "\t%s bool `json:\"%s,omitempty\"`\n", flag, strings.ToLower("every_"+flag[len("Every"):]))
		}
	}
	parameter := ""
	if members > 0 {
		fmt.Fprintf(b, "// %s is what [Driver.%s] takes.\ntype %s struct {\n%s}\n\n", request, method, request, body.String())
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
	writeDoc(b, "", docFor(method, f.doc))
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
		doc = strings.NewReplacer("NULL", "empty").Replace(doc)
		if strings.HasPrefix(k.goType, "*") {
			doc = strings.ReplaceAll(doc, "empty", "nil")
		}
		writeDoc(&members, "\t", docFor("", doc))
		fmt.Fprintf(&members, "\t%s %s `json:\"%s\"`\n", k.goName, k.goType, f.name)
		fmt.Fprintf(&sets, "\t\t%s: %s,\n", k.goName, k.toGo)
	}
	writeDoc(b, "", docFor(name, s.doc))
	fmt.Fprintf(b, "type %s struct {\n%s}\n\n", name, members.String())
	fmt.Fprintf(b, "func %sOf(v *C.%s) *%s {\n\tif v == nil {\n\t\treturn nil\n\t}\n\treturn &%s{\n%s\t}\n}\n\n",
		lowerFirst(name), s.name, name, name, sets.String())
	return nil
}

// emptyDoc says in Go's way what the header says of NULL: an empty value is none.
func emptyDoc(doc string) string {
	return strings.ReplaceAll(strings.ReplaceAll(doc, ". NULL", ". Empty"), "NULL", "empty")
}

// boolDoc says in Go's way what the header says of 1 and 0.
func boolDoc(doc string) string {
	replacer := strings.NewReplacer("1 when ", "True when ", "1 if ", "True if ", "1 where ", "True where ", ", else 0", "",
		"Always 1", "Always true", "Always 0", "Always false", "; 0 when", "; false when")
	return replacer.Replace(doc)
}
