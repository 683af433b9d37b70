// Log bridge: records of the engine, received on a socket and passed to log/slog.

package zfssa

/*
#include "zfssa.h"
#include "shim.h"
*/
import "C"

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"sort"
	"syscall"
	"time"
)

// LevelTrace is the slog level of the engine's most detailed records, below [slog.LevelDebug].
const LevelTrace = slog.LevelDebug - 4

// levels maps the engine's level number minus one to the slog level.
var levels = []slog.Level{C.ZFSSA_LOG_ERROR - 1: slog.LevelError, slog.LevelWarn, slog.LevelInfo, slog.LevelDebug, LevelTrace}

// logs passes the records of one driver from the socket that the C log callback writes to, to its
// logger.
type logs struct {
	ended chan struct{}
}

// startLogs starts the log at the most detailed level that the logger has enabled. It returns nil
// without an error if no level is enabled.
func startLogs(driver *C.zfssa_driver_t, logger *slog.Logger) (*logs, error) {
	finest := C.uint32_t(C.ZFSSA_LOG_OFF)
	for i, level := range levels {
		if logger.Enabled(context.Background(), level) {
			finest = C.uint32_t(i + 1)
		}
	}
	if finest == C.ZFSSA_LOG_OFF {
		return nil, nil
	}
	ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_SEQPACKET|syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, newError(ErrLocalIO, "open", fmt.Sprintf("cannot create the log socket: %v", err))
	}
	from := os.NewFile(uintptr(ends[0]), "zfssa-log")
	var e *C.zfssa_error_t
	if status := C.zfssago_set_log(driver, finest, C.int(ends[1]), &e); status != C.ZFSSA_OK {
		syscall.Close(ends[1])
		from.Close()
		return nil, takeError(e, status)
	}
	l := &logs{ended: make(chan struct{})}
	go l.run(from, logger)
	return l, nil
}

// wait blocks until the last record was passed on, for up to 2 seconds.
func (l *logs) wait() {
	if l == nil {
		return
	}
	select {
	case <-l.ended:
	case <-time.After(2 * time.Second):
	}
}

func (l *logs) run(from *os.File, logger *slog.Logger) {
	defer close(l.ended)
	defer from.Close()
	buffer := make([]byte, 65536)
	for {
		n, err := from.Read(buffer)
		if err != nil || n == 0 {
			return
		}
		if record, lost, ok := parseRecord(buffer[:n]); ok {
			if lost > 0 {
				logger.Warn("zfssa: log records were dropped: the logger is too slow", "lost", lost)
			}
			if logger.Enabled(context.Background(), record.Level) {
				_ = logger.Handler().Handle(context.Background(), record)
			}
		}
	}
}

// parseRecord decodes a message of the C log callback: three numbers, then six strings.
func parseRecord(message []byte) (record slog.Record, lost uint64, ok bool) {
	const numbers = 4 + 8 + 8
	if len(message) < numbers {
		return record, 0, false
	}
	level := int(binary.NativeEndian.Uint32(message)) - 1
	if level < 0 || level >= len(levels) {
		level = len(levels) - 1
	}
	at := time.Unix(0, int64(binary.NativeEndian.Uint64(message[4:])))
	lost = binary.NativeEndian.Uint64(message[12:])
	rest := message[numbers:]
	var parts [6]string
	for i := range parts {
		if len(rest) < 4 {
			break
		}
		length := binary.NativeEndian.Uint32(rest)
		rest = rest[4:]
		if length == 0xffffffff {
			continue
		}
		length = min(length, uint32(len(rest)))
		parts[i] = string(rest[:length])
		rest = rest[length:]
	}
	record = slog.NewRecord(at, levels[level], parts[4], 0)
	for i, name := range []string{"operation", "resource", "operation_id", "target"} {
		if parts[i] != "" {
			record.AddAttrs(slog.String(name, parts[i]))
		}
	}
	record.AddAttrs(parseFields(parts[5])...)
	return record, lost, true
}

// parseFields converts a JSON object to attributes, sorted by name.
func parseFields(text string) []slog.Attr {
	var fields map[string]any
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.UseNumber()
	if decoder.Decode(&fields) != nil {
		return nil
	}
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	sort.Strings(names)
	attrs := make([]slog.Attr, 0, len(names))
	for _, name := range names {
		switch value := fields[name].(type) {
		case json.Number:
			if whole, err := value.Int64(); err == nil {
				attrs = append(attrs, slog.Int64(name, whole))
			} else {
				attrs = append(attrs, slog.String(name, value.String()))
			}
		default:
			attrs = append(attrs, slog.Any(name, value))
		}
	}
	return attrs
}
