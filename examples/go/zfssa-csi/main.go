// Command zfssa-csi is a driver of the Container Storage Interface for Oracle ZFS Storage
// Appliances: block volumes over iSCSI, by way of libzfssa.
//
// One program is controller and node, as its flags say: with -config it serves the controller,
// with -node-id the node.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
)

type arguments struct {
	endpoint    string
	config      string
	credentials string
	nodeID      string
	transport   string
	maxVolumes  int64
	metrics     string
	verbose     bool
}

// flags reads the command line into the arguments.
func (a *arguments) flags() *flag.FlagSet {
	f := flag.NewFlagSet("zfssa-csi", flag.ContinueOnError)
	f.StringVar(&a.endpoint, "endpoint", "unix:///csi/csi.sock", "where to serve CSI: unix://PATH")
	f.StringVar(&a.config, "config", "", "the controller's settings, a JSON file; without it there is no controller service")
	f.StringVar(&a.credentials, "credentials", "", "a directory with the files san_login and san_password, read again when they change; for calls without secrets")
	f.StringVar(&a.nodeID, "node-id", "", "the node's iSCSI name; without it there is no node service")
	f.StringVar(&a.transport, "transport", "kernel", "how the node reaches volumes: kernel, userspace, or userspace-unchecked, which asks no LUN whether it is there")
	f.Int64Var(&a.maxVolumes, "max-volumes", 0, "how many volumes the node tells that it takes; 0 is no limit")
	f.StringVar(&a.metrics, "metrics", "", "where to serve /metrics: host:port")
	f.BoolVar(&a.verbose, "verbose", false, "log requests to the appliance too")
	return f
}

func main() {
	var a arguments
	switch err := a.flags().Parse(os.Args[1:]); {
	case errors.Is(err, flag.ErrHelp):
		return
	case err != nil:
		os.Exit(2)
	}
	level := slog.LevelInfo
	if a.verbose {
		level = slog.LevelDebug
	}
	logger := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := serve(ctx, a, logger, nil); err != nil {
		logger.Error("the driver ends", "error", err)
		os.Exit(1)
	}
}

// serve runs the driver until the context ends. ready, which may be nil, is closed when it
// listens.
func serve(ctx context.Context, a arguments, logger *slog.Logger, ready chan<- struct{}) error {
	if a.config == "" && a.nodeID == "" {
		return errors.New("neither -config nor -node-id: there is nothing to serve")
	}
	meter := &metrics{}
	// No call may be left when the drivers are closed, not even after a stop by force.
	server := grpc.NewServer(grpc.UnaryInterceptor(observe(meter, logger)), grpc.WaitForHandlers(true))
	identity := &identity{}
	if a.config != "" {
		settings, err := loadSettings(a.config)
		if err != nil {
			return err
		}
		backends := newBackends(settings, a.credentials, logger, meter.operation)
		defer backends.close()
		identity.backends, identity.online = backends, settings.onlineExpansion()
		c := &controller{settings: settings, backends: backends, locks: locks{held: map[string]chan struct{}{}}}
		csi.RegisterControllerServer(server, c)
		csi.RegisterGroupControllerServer(server, &groupController{controller: c})
	}
	if a.nodeID != "" {
		n := &node{id: a.nodeID, maxVolumes: a.maxVolumes, locks: locks{held: map[string]chan struct{}{}}}
		switch a.transport {
		case "kernel":
			n.transport = newKernel()
		case "userspace", "userspace-unchecked":
			n.transport = &userspace{initiator: a.nodeID, check: a.transport == "userspace"}
		default:
			return fmt.Errorf("-transport %q is not known", a.transport)
		}
		csi.RegisterNodeServer(server, n)
	}
	csi.RegisterIdentityServer(server, identity)

	path, ok := strings.CutPrefix(a.endpoint, "unix://")
	if !ok {
		return fmt.Errorf("-endpoint %q does not begin with unix://", a.endpoint)
	}
	// What a process before left; nobody can be listening there.
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	if a.metrics != "" {
		mux := http.NewServeMux()
		mux.Handle("/metrics", meter)
		pages := &http.Server{Addr: a.metrics, Handler: mux, ReadHeaderTimeout: 10 * time.Second}
		defer pages.Close()
		go func() {
			if err := pages.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
				logger.Error("no metrics", "error", err)
			}
		}()
	}
	logger.Info("serving", "endpoint", a.endpoint, "controller", a.config != "", "node", a.nodeID, "library", zfssa.Version())
	if ready != nil {
		close(ready)
	}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		<-ctx.Done()
		// Calls in flight may end; those that do not in time are cancelled, and undo their steps.
		timer := time.AfterFunc(20*time.Second, server.Stop)
		defer timer.Stop()
		server.GracefulStop()
	}()
	err = server.Serve(listener)
	if ctx.Err() != nil {
		<-stopped
	}
	return err
}

// observe counts and logs each call. Requests are not logged: they carry secrets.
func observe(meter *metrics, logger *slog.Logger) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		begin := time.Now()
		response, err := handler(ctx, req)
		took := time.Since(begin)
		method := info.FullMethod[strings.LastIndexByte(info.FullMethod, '/')+1:]
		code := status.Code(err).String()
		meter.call(method, code, took)
		level := slog.LevelInfo
		attributes := []any{"method", method, "code", code, "took", took}
		if about, ok := req.(interface{ GetVolumeId() string }); ok && about.GetVolumeId() != "" {
			attributes = append(attributes, "volume", about.GetVolumeId())
		}
		if err != nil {
			level = slog.LevelWarn
			attributes = append(attributes, "error", status.Convert(err).Message())
		}
		logger.Log(ctx, level, "call", attributes...)
		return response, err
	}
}
