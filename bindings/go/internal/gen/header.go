// Command gen makes what the package repeats of the C header: the statuses, the operations with
// their requests and results, and the functions that reach a library loaded at run time.
package main

import (
	"fmt"
	"regexp"
	"strings"
)

// A header is what zfssa.h declares, in its order.
type header struct {
	defines   []define
	structs   []*structure
	functions []function
}

type define struct {
	name, value, doc string
}

type structure struct {
	name, doc string
	fields    []field
}

type field struct {
	// ctype is spelt without blanks around the asterisks: "const char*const*".
	ctype, name, doc string
}

type function struct {
	name, result, doc string
	params            []field
}

var (
	comment     = regexp.MustCompile(`(?s)/\*\*(.*?)\*/`)
	plain       = regexp.MustCompile(`(?s)/\*[^*].*?\*/`)
	defineLine  = regexp.MustCompile(`^#define (ZFSSA_\w+) (\S.*)$`)
	structOpen  = regexp.MustCompile(`^(?:typedef )?struct (zfssa_\w+) \{$`)
	fieldLine   = regexp.MustCompile(`^(.*?[ *])(\w+)$`)
	functionTop = regexp.MustCompile(`^(.*?[ *])(zfssa_\w+)\((.*)\)$`)
	blanks      = regexp.MustCompile(`\s+`)
)

// parse reads a header as cbindgen writes ours. It is no C parser; what it does not know is an
// error, so that nothing is left out in silence.
func parse(text string) (*header, error) {
	h := &header{}
	var doc string
	var open *structure
	var pending string
	lines := strings.Split(text, "\n")
	for number := 0; number < len(lines); number++ {
		line := strings.TrimSpace(lines[number])
		switch {
		case line == "":
			continue
		case strings.HasPrefix(line, "/*"):
			start := number
			for !strings.Contains(lines[number], "*/") {
				number++
			}
			block := strings.Join(lines[start:number+1], "\n")
			if comment.MatchString(block) {
				doc = words(block)
			}
			continue
		case strings.HasPrefix(line, "#"):
			if m := defineLine.FindStringSubmatch(line); m != nil {
				h.defines = append(h.defines, define{m[1], strings.Trim(m[2], "()"), doc})
			}
			doc = ""
			continue
		case strings.HasPrefix(line, `extern "C"`):
			continue
		}
		if open == nil && pending == "" {
			if m := structOpen.FindStringSubmatch(line); m != nil {
				open = &structure{name: m[1], doc: doc}
				doc = ""
				continue
			}
		}
		if open != nil && pending == "" && strings.HasPrefix(line, "}") {
			h.structs = append(h.structs, open)
			open, doc = nil, ""
			continue
		}
		if line == "}" {
			continue
		}
		pending = strings.TrimSpace(pending + " " + line)
		if !strings.HasSuffix(pending, ";") {
			continue
		}
		statement := strings.TrimSuffix(blanks.ReplaceAllString(pending, " "), ";")
		pending = ""
		switch {
		case open != nil && strings.Contains(statement, "(*"):
			// A slot of the table: the functions say it all.
		case open != nil:
			f, err := parseField(statement)
			if err != nil {
				return nil, err
			}
			f.doc = doc
			open.fields = append(open.fields, f)
		case strings.HasPrefix(statement, "typedef "):
		default:
			f, err := parseFunction(statement)
			if err != nil {
				return nil, err
			}
			f.doc = doc
			h.functions = append(h.functions, f)
		}
		doc = ""
	}
	if len(h.functions) == 0 || len(h.structs) == 0 || len(h.defines) == 0 {
		return nil, fmt.Errorf("nothing found: this is not zfssa.h")
	}
	return h, nil
}

func words(block string) string {
	block = strings.TrimSuffix(strings.TrimPrefix(block[strings.Index(block, "/**"):], "/**"), "*/")
	var paragraphs []string
	var current []string
	flush := func() {
		if len(current) > 0 {
			paragraphs = append(paragraphs, strings.Join(current, " "))
			current = nil
		}
	}
	for _, line := range strings.Split(block, "\n") {
		line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "*"))
		if line == "" {
			flush()
			continue
		}
		current = append(current, strings.TrimSpace(strings.TrimSuffix(line, "*/")))
	}
	flush()
	return strings.Join(paragraphs, "\n\n")
}

func squeeze(ctype string) string {
	ctype = strings.TrimSpace(blanks.ReplaceAllString(ctype, " "))
	for _, pair := range [][2]string{{" *", "*"}, {"* ", "*"}} {
		ctype = strings.ReplaceAll(ctype, pair[0], pair[1])
	}
	return ctype
}

func parseField(statement string) (field, error) {
	m := fieldLine.FindStringSubmatch(strings.TrimSpace(statement))
	if m == nil {
		return field{}, fmt.Errorf("cannot read the member %q", statement)
	}
	return field{ctype: squeeze(m[1]), name: m[2]}, nil
}

func parseFunction(statement string) (function, error) {
	m := functionTop.FindStringSubmatch(statement)
	if m == nil {
		return function{}, fmt.Errorf("cannot read the function %q", statement)
	}
	f := function{result: squeeze(m[1]), name: m[2]}
	if m[3] == "void" {
		return f, nil
	}
	for _, param := range strings.Split(m[3], ",") {
		p, err := parseField(param)
		if err != nil {
			return function{}, err
		}
		f.params = append(f.params, p)
	}
	return f, nil
}

func (h *header) structure(name string) *structure {
	for _, s := range h.structs {
		if s.name == name {
			return s
		}
	}
	return nil
}

func (h *header) function(name string) *function {
	for i := range h.functions {
		if h.functions[i].name == name {
			return &h.functions[i]
		}
	}
	return nil
}

// An operation is a function that gives a ticket and takes arguments.
func (h *header) operations() []function {
	var found []function
	for _, f := range h.functions {
		if n := len(f.params); n == 5 && f.params[3].ctype == "zfssa_ticket_t*" {
			found = append(found, f)
		}
	}
	return found
}
