// The file that calls the library through its table of functions.

package main

import (
	"fmt"
	"strings"
)

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
