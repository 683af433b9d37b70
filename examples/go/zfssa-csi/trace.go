// W3C trace context: from the metadata of a gRPC call to the requests that it sends to the appliance.

package main

import (
	"context"
	"regexp"
	"strings"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
	"google.golang.org/grpc/metadata"
)

// traceparent matches the value of the header by its form. Of a version above 00 only the part that
// 00 has is read.
var traceparent = regexp.MustCompile(`^([0-9a-f]{2})-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-[ -~]*)?$`)

// traced returns the context of a call with the trace that its metadata names, and the id of the
// trace. A value that is not valid counts as none, as W3C Trace Context asks of a receiver: a caller
// with a defect in its tracing still gets its volume.
func traced(ctx context.Context) (context.Context, string) {
	values := metadata.ValueFromIncomingContext(ctx, "traceparent")
	if len(values) != 1 || !valid(values[0]) {
		return ctx, ""
	}
	return zfssa.WithTraceparent(ctx, values[0]), values[0][3:35]
}

func valid(value string) bool {
	if !traceparent.MatchString(value) || strings.HasPrefix(value, "ff") {
		return false
	}
	if strings.HasPrefix(value, "00") && len(value) != 55 {
		return false
	}
	return strings.Trim(value[3:35], "0") != "" && strings.Trim(value[36:52], "0") != ""
}
