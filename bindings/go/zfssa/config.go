package zfssa

/*
#include "zfssa.h"
#include "shim.h"
*/
import "C"

import (
	"fmt"
	"log/slog"
	"sort"
	"time"
	"unsafe"
)

// DefaultCancelGrace is how long a cancelled operation may take to undo what it began, where
// [Config.CancelGrace] says nothing.
const DefaultCancelGrace = 30 * time.Second

// A Config says how a backend is reached and used. Of its sources a later one overrides an
// earlier one: sections of a cinder.conf, TOML, options. It prints without values.
type Config struct {
	// CinderConf are sections of cinder.conf, read as Cinder reads them.
	CinderConf []Source
	// TOML are TOML files or tables of them.
	TOML []Source
	// Options are options by name, such as san_ip; see [Options].
	Options map[string]string

	// Logger gets what the engine logs, at the levels that are enabled for it when the driver
	// is made. Requests are logged at debug level. Nil: nothing is logged.
	Logger *slog.Logger
	// CancelGrace is how long a method waits for the outcome of an operation after its context
	// ended. 0: [DefaultCancelGrace].
	CancelGrace time.Duration
	// Observer is told of each operation that completed, on the goroutine that called it.
	Observer func(Completion)
}

// A Source is a file, or its text.
type Source struct {
	// Path names the file. Empty: Text is used.
	Path string
	// Text is the content itself.
	Text string
	// Section is the section; in TOML a table, where dots lead into tables, and empty is the
	// top level.
	Section string
}

// Format prints the configuration without its values, which may be secret.
func (c Config) Format(f fmt.State, _ rune) {
	names := make([]string, 0, len(c.Options))
	for name := range c.Options {
		names = append(names, name)
	}
	sort.Strings(names)
	fmt.Fprintf(f, "zfssa.Config{%d files, options %v}", len(c.CinderConf)+len(c.TOML), names)
}

// LogValue is for structured logs: without values, too.
func (c Config) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// Format prints a source without its text.
func (s Source) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "zfssa.Source{%q, section %q}", s.Path, s.Section)
}

// Validate checks the configuration without asking the network or the files that options name:
// nil, or an [ErrConfig] with every problem among the causes.
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

// build makes the C object, which the caller frees.
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

// An Option is what a configuration may say.
type Option struct {
	// Name is the option's name, as in cinder.conf.
	Name string
	// Kind says how the text is read: text, integer, boolean, choice, path, …
	Kind string
	// Default is the default as text; empty where there is none.
	Default string
	// Help says what it does.
	Help string
	// Unit is the unit of a number.
	Unit string
	// Deprecated says what to use in its place.
	Deprecated string
	// Since is the first version that knows it.
	Since string
	// Choices are the values allowed, where there is such a list.
	Choices []string
	// Required: a configuration without it is refused.
	Required bool
	// Secret: its value is never shown.
	Secret bool
	// Bounded: Min and Max hold.
	Bounded  bool
	Min, Max int64
}

// Options lists every option, in the order of the documentation; none when the library cannot
// be loaded.
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
