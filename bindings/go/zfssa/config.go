// Backend configuration: sources, validation, and the list of options.

package zfssa

/*
#include "zfssa.h"
#include "shim.h"
*/
import "C"

import (
	"context"
	"fmt"
	"log/slog"
	"sort"
	"time"
	"unsafe"
)

// DefaultCancelGrace is the default of [Config.CancelGrace].
const DefaultCancelGrace = 30 * time.Second

// A Config is the configuration of a backend. A later source overrides an earlier one: CinderConf,
// then TOML, then Options. Its Format and LogValue methods omit values, which may be secret.
type Config struct {
	// CinderConf lists sections of cinder.conf files, parsed by the rules of Cinder.
	CinderConf []Source
	// TOML lists TOML files, or tables in them.
	TOML []Source
	// Options maps names of options, such as san_ip, to their values; see [Options].
	Options map[string]string

	// Logger receives the log records of the engine, at the levels that are enabled when the driver
	// is created. Requests are logged at debug level. Nil disables the log.
	Logger *slog.Logger
	// CancelGrace is the maximum time that a method waits for the outcome of an operation after its
	// context ended. [DefaultCancelGrace] if 0 or negative.
	CancelGrace time.Duration
	// Observer is called for each completed operation, in the goroutine that called the operation.
	// The operation returns after Observer has. Nil: not called.
	Observer func(Completion)
	// Traceparent returns the trace context of an operation, a value as that of [WithTraceparent],
	// or an empty text for none. It is called with the context of each operation that has no
	// WithTraceparent. Package zfssaotel has a function for it that takes the value from
	// OpenTelemetry. Nil: not called.
	Traceparent func(context.Context) string
}

// A Source is a configuration file, or its content.
type Source struct {
	// Path is the path of the file. If it is empty, Text is used.
	Path string
	// Text is the content.
	Text string
	// Section is the name of the section. In TOML it is the path of a table, separated by dots;
	// empty selects the top level.
	Section string
}

// Format implements [fmt.Formatter]. It prints the names of the options without their values, which
// may be secret.
func (c Config) Format(f fmt.State, _ rune) {
	names := make([]string, 0, len(c.Options))
	for name := range c.Options {
		names = append(names, name)
	}
	sort.Strings(names)
	fmt.Fprintf(f, "zfssa.Config{%d files, options %v}", len(c.CinderConf)+len(c.TOML), names)
}

// LogValue implements [slog.LogValuer]. It omits the values, which may be secret.
func (c Config) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// Format implements [fmt.Formatter]. It omits the content, which may hold secrets.
func (s Source) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "zfssa.Source{%q, section %q}", s.Path, s.Section)
}

// Validate checks the configuration. It reads the files in CinderConf and TOML, but neither uses
// the network nor opens the files that options name. It returns nil if the configuration is valid,
// otherwise [ErrConfig], with every problem in [Error.Causes].
func (c Config) Validate() error {
	if err := load(); err != nil {
		return err
	}
	config, err := c.build()
	if err != nil {
		return err
	}
	defer C.zfssa_config_free(config)
	var e *C.zfssa_error_t
	if status := C.zfssa_config_validate(config, &e); status != C.ZFSSA_OK {
		return takeError(e, status)
	}
	return nil
}

// build creates the C configuration. The caller frees it.
func (c Config) build() (*C.zfssa_config_t, error) {
	var config *C.zfssa_config_t
	var e *C.zfssa_error_t
	if status := C.zfssa_config_new(&config, &e); status != C.ZFSSA_OK {
		return nil, takeError(e, status)
	}
	var a arena
	defer a.free()
	status := c.fill(config, &a, &e)
	if status == C.ZFSSA_OK && a.err == nil {
		return config, nil
	}
	C.zfssa_config_free(config)
	if a.err != nil {
		C.zfssa_error_free(e)
		return nil, a.err
	}
	return nil, takeError(e, status)
}

func (c Config) fill(config *C.zfssa_config_t, a *arena, e **C.zfssa_error_t) C.zfssa_status_t {
	for _, s := range c.CinderConf {
		section := a.text("a section", s.Section)
		var status C.zfssa_status_t
		if s.Path != "" {
			status = C.zfssa_config_load_cinder_conf(config, a.text("a path", s.Path), section, e)
		} else {
			status = C.zfssa_config_parse_cinder_conf(config, a.copyText("a text", s.Text), section, e)
		}
		if status != C.ZFSSA_OK {
			return status
		}
	}
	for _, s := range c.TOML {
		section := a.text("a section", s.Section)
		var status C.zfssa_status_t
		if s.Path != "" {
			status = C.zfssa_config_load_toml(config, a.text("a path", s.Path), section, e)
		} else {
			status = C.zfssa_config_parse_toml(config, a.copyText("a text", s.Text), section, e)
		}
		if status != C.ZFSSA_OK {
			return status
		}
	}
	for name, value := range c.Options {
		text := a.copyText("option "+name, value)
		if a.err != nil {
			break
		}
		if status := C.zfssa_config_set(config, a.copyText("an option's name", name), text, e); status != C.ZFSSA_OK {
			return status
		}
	}
	return C.ZFSSA_OK
}

// An Option describes a configuration option.
type Option struct {
	// Name is the name of the option, as in cinder.conf.
	Name string
	// Kind is the type of the value: text, integer, boolean, choice, path, …
	Kind string
	// Default is the default value as text; empty if there is none.
	Default string
	// Help describes the option.
	Help string
	// Unit is the unit of a numeric value; empty if it has none.
	Unit string
	// Deprecated names the replacement of a deprecated option; empty if it is not deprecated.
	Deprecated string
	// Since is the version of the library that added the option.
	Since string
	// Choices lists the allowed values of an option of kind choice.
	Choices []string
	// Required is true if the configuration is invalid without the option.
	Required bool
	// Secret is true if the value is never logged or printed.
	Secret bool
	// Bounded is true if Min and Max, both inclusive, limit the value.
	Bounded  bool
	Min, Max int64
}

// Options returns every option, in the order of the documentation. It returns nil if the library
// cannot be loaded.
func Options() []Option {
	if load() != nil {
		return nil
	}
	out := make([]Option, 0, int(C.zfssa_option_count()))
	for i := C.uint32_t(0); ; i++ {
		o := C.zfssa_option_at(i)
		if o == nil {
			return out
		}
		out = append(out, Option{
			Name:       C.GoString(o.name),
			Kind:       C.GoString(o.kind),
			Default:    C.GoString(o.default_value),
			Help:       C.GoString(o.help),
			Unit:       C.GoString(o.unit),
			Deprecated: C.GoString(o.deprecated),
			Since:      C.GoString(o.since),
			Choices:    texts((**C.char)(unsafe.Pointer(o.choices)), o.choices_count),
			Required:   o.flags&C.ZFSSA_OPTION_REQUIRED != 0,
			Secret:     o.flags&C.ZFSSA_OPTION_SECRET != 0,
			Bounded:    o.flags&C.ZFSSA_OPTION_BOUNDED != 0,
			Min:        int64(o.min),
			Max:        int64(o.max),
		})
	}
}
