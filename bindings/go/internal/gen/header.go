// Command gen makes what the package repeats of the C header: the statuses, the operations with
// their requests and results, and the functions that reach a library loaded at run time.
package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// A header is what docs/abi/zfssa.json describes, in the order of zfssa.h.
type header struct {
	defines    []define
	structs    []*structure
	functions  []function
	operations []operation
	table      []string
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
	// role is "value", "size", "flags", "count", "reserved" or "callback".
	role string
	// boolean is "yes", or "optional" where a negative number is neither true nor false.
	boolean string
	// oneOf is the prefix of the constants of which the field is one.
	oneOf string
	flags []string
	// countedBy is the field that counts the elements of an array.
	countedBy string
	secret    bool
}

type function struct {
	name, result, doc string
	params            []field
}

// An operation is a function that gives a ticket, with its arguments and its output.
type operation struct {
	function  function
	arguments *structure
	// accessor and view are nil for an operation without output.
	accessor *function
	view     *structure
}

// description is the form of docs/abi/zfssa.json.
type description struct {
	Constants []struct {
		Name, Doc string
		Value     int64
	}
	Structures []struct {
		Name, Doc string
		Members   []member
	}
	Functions []struct {
		Name, Returns, Doc string
		Parameters         []member
	}
	Operations []struct {
		Function, Arguments string
		Accessor, View      *string
	}
	Table []string
}

type member struct {
	Name, Type, Doc, Role, Boolean string
	OneOf                          string `json:"one_of"`
	Flags                          []string
	CountedBy                      string `json:"counted_by"`
	Secret                         bool
}

func (m member) field() field {
	return field{
		ctype: squeeze(m.Type), name: m.Name, doc: m.Doc, role: m.Role, boolean: m.Boolean,
		oneOf: m.OneOf, flags: m.Flags, countedBy: m.CountedBy, secret: m.Secret,
	}
}

// parse reads a description. An operation that it describes incompletely is an error.
func parse(text []byte) (*header, error) {
	var raw description
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, fmt.Errorf("zfssa.json: %w", err)
	}
	h := &header{table: raw.Table}
	for _, constant := range raw.Constants {
		value := strconv.FormatInt(constant.Value, 10)
		h.defines = append(h.defines, define{constant.Name, value, constant.Doc})
	}
	for _, described := range raw.Structures {
		s := &structure{name: described.Name, doc: described.Doc}
		for _, m := range described.Members {
			s.fields = append(s.fields, m.field())
		}
		h.structs = append(h.structs, s)
	}
	for _, described := range raw.Functions {
		f := function{name: described.Name, result: squeeze(described.Returns), doc: described.Doc}
		for _, m := range described.Parameters {
			f.params = append(f.params, m.field())
		}
		h.functions = append(h.functions, f)
	}
	for _, described := range raw.Operations {
		f := h.function(described.Function)
		o := operation{arguments: h.structure(described.Arguments)}
		if f == nil || o.arguments == nil {
			return nil, fmt.Errorf("%s: no function or no arguments", described.Function)
		}
		o.function = *f
		if described.Accessor != nil && described.View != nil {
			o.accessor, o.view = h.function(*described.Accessor), h.structure(*described.View)
			if o.accessor == nil || o.view == nil {
				return nil, fmt.Errorf("%s: there is no %s", f.name, *described.Accessor)
			}
		}
		h.operations = append(h.operations, o)
	}
	if len(h.operations) == 0 || len(h.defines) == 0 {
		return nil, fmt.Errorf("nothing found: this is not zfssa.json")
	}
	return h, nil
}

func squeeze(ctype string) string {
	for _, pair := range [][2]string{{" *", "*"}, {"* ", "*"}} {
		ctype = strings.ReplaceAll(ctype, pair[0], pair[1])
	}
	return ctype
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
