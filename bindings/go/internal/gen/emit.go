// The file of operations, requests and results.

package main

import (
	"fmt"
	"strconv"
	"strings"
)

const notice = "Code generated from docs/abi/zfssa.json by internal/gen; DO NOT EDIT."

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
			doc = strings.Replace(doc, ", in "+durationUnit(m.name), ", rounded up to "+durationUnit(m.name), 1)
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
