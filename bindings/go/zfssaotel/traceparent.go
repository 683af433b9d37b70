// Package zfssaotel puts the operations of package zfssa into the traces of OpenTelemetry.
//
//	config.Traceparent = zfssaotel.Traceparent
//
// Each operation whose context has a span then sends its requests to the appliance in the trace of
// this span: each request has the header traceparent of W3C Trace Context, with a span id of its
// own. The package creates no spans and exports nothing.
package zfssaotel

import (
	"context"

	"go.opentelemetry.io/otel/propagation"
)

const header = "traceparent"

// Traceparent returns the trace context of the OpenTelemetry span in a context, as the value of the
// header traceparent, or an empty text if the context has no valid span. The span may be remote or
// not recorded. Use it as the Traceparent of a zfssa.Config, or pass its result to
// zfssa.WithTraceparent.
func Traceparent(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier.Get(header)
}
