// Command zfssa-csi is a CSI driver for Oracle ZFS Storage Appliances. It serves block volumes over
// iSCSI and is built on libzfssa.
//
// The same program serves the controller, if -config is set, and the node, if -node-name or -node-id
// is set. With the word adopt in front of its flags it takes an existing LUN under management, writes
// the PersistentVolume for it, and ends.
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
	"k8s.io/klog/v2"
)

type arguments struct {
	endpoint    string
	config      string
	credentials string
	nodeName    string
	initiators  string
	nodeID      string
	transport   string
	topology    string
	maxVolumes  int64
	metrics     string
	verbose     bool
	// kernel replaces the transport kernel in tests.
	kernel *kernel
}

// flags defines the command line flags.
func (a *arguments) flags() *flag.FlagSet {
	f := flag.NewFlagSet("zfssa-csi", flag.ContinueOnError)
	f.StringVar(&a.endpoint, "endpoint", "unix:///csi/csi.sock", "socket of the CSI services: unix://PATH")
	f.StringVar(&a.config, "config", "", "settings file of the controller, in JSON; changes are noticed; empty disables the controller service")
	f.StringVar(&a.credentials, "credentials", "", "directory with the files san_login and san_password or token of the default backend, for calls without secrets; changes are noticed")
	f.StringVar(&a.nodeName, "node-name", "", "name of the node; its iSCSI name is read from -initiator-name-file")
	f.StringVar(&a.initiators, "initiator-name-file", "/etc/iscsi/initiatorname.iscsi", "file of open-iscsi with the iSCSI name of the node")
	f.StringVar(&a.nodeID, "node-id", "", "id of the node, in place of -node-name: its iSCSI name, or NAME;IQN; empty disables the node service")
	f.StringVar(&a.transport, "transport", "kernel", "node transport: kernel, userspace, or userspace-unchecked, which does not check that a LUN is accessible")
	f.StringVar(&a.topology, "topology", "", "where the node is: KEY=VALUE,...; a key without a prefix gets "+driverName+"/")
	f.Int64Var(&a.maxVolumes, "max-volumes", 0, "maximum number of volumes reported by the node, as maxVolumesPerNode of the settings file; 0 means no limit")
	f.StringVar(&a.metrics, "metrics", "", "address of /metrics: host:port")
	f.BoolVar(&a.verbose, "verbose", false, "also log requests to the appliance")
	return f
}

// node returns the identity of the node, which is empty without a node service.
func (a *arguments) node() (nodeID, error) {
	if a.nodeName == "" {
		return parseNodeID(a.nodeID), nil
	}
	if a.nodeID != "" {
		return nodeID{}, errors.New("-node-name and -node-id are set: set one of the two")
	}
	return localNode(a.nodeName, a.initiators)
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "adopt" {
		adoptAndExit(os.Args[2:])
	}
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
	// The log of mount-utils.
	klog.SetSlogLogger(logger)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := serve(ctx, a, logger, nil); err != nil {
		logger.Error("driver: failed", "error", err)
		os.Exit(1)
	}
}

// adoptAndExit runs the subcommand adopt.
func adoptAndExit(words []string) {
	logger := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	err := adopt(ctx, words, os.Stdout, os.Stderr, logger)
	stop()
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		os.Exit(0)
	default:
		fmt.Fprintln(os.Stderr, "zfssa-csi adopt:", err)
		os.Exit(1)
	}
}

// serve runs the driver until the context ends. It closes ready, which may be nil, when it listens.
func serve(ctx context.Context, a arguments, logger *slog.Logger, ready chan<- struct{}) error {
	local, err := a.node()
	if err != nil {
		return err
	}
	if a.config == "" && local == (nodeID{}) {
		return errors.New("none of -config, -node-name and -node-id is set: set at least one")
	}
	if a.maxVolumes < 0 || a.maxVolumes > highestLUN+1 {
		return fmt.Errorf("-max-volumes is %d: set 0 to %d", a.maxVolumes, highestLUN+1)
	}
	topology, err := parseTopology(a.topology)
	if err != nil {
		return err
	}
	meter := &metrics{}
	// Wait for all handlers before the drivers are closed, even after a forced stop.
	server := grpc.NewServer(grpc.UnaryInterceptor(observe(meter, logger)), grpc.WaitForHandlers(true))
	identity := &identity{constrained: len(topology) > 0}
	if a.config != "" {
		file, err := openSettings(a.config, logger)
		if err != nil {
			return err
		}
		backends := newBackends(file, a.credentials, logger, meter.operation)
		defer backends.close()
		identity.backends, identity.online = backends, file.get().onlineExpansion()
		identity.constrained = identity.constrained || file.get().hasTopology()
		c := newController(backends)
		csi.RegisterControllerServer(server, c)
		csi.RegisterGroupControllerServer(server, &groupController{controller: c})
	}
	if local != (nodeID{}) {
		n := &node{id: local.String(), maxVolumes: a.maxVolumes, topology: topology, logger: logger}
		switch a.transport {
		case "kernel":
			if a.kernel == nil {
				a.kernel = newKernel()
			}
			n.transport = a.kernel
		case "userspace", "userspace-unchecked":
			n.transport = &userspace{initiator: local.iqn, check: a.transport == "userspace"}
		default:
			return fmt.Errorf("-transport %q: unknown: set kernel, userspace or userspace-unchecked", a.transport)
		}
		csi.RegisterNodeServer(server, n)
	}
	csi.RegisterIdentityServer(server, identity)

	path, ok := strings.CutPrefix(a.endpoint, "unix://")
	if !ok {
		return fmt.Errorf("-endpoint %q: unsupported: must begin with unix://", a.endpoint)
	}
	// Remove the socket of an earlier process, which no longer listens.
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	if a.metrics != "" {
		mux := http.NewServeMux()
		mux.HandleFunc("/metrics", func(w http.ResponseWriter, r *http.Request) {
			meter.ServeHTTP(w, r)
			if identity.backends != nil {
				writeEngineMetrics(w, identity.backends.metered())
			}
		})
		pages := &http.Server{Addr: a.metrics, Handler: mux, ReadHeaderTimeout: 10 * time.Second}
		defer pages.Close()
		go func() {
			if err := pages.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
				logger.Error("metrics: server failed", "error", err)
			}
		}()
	}
	logger.Info("serving", "endpoint", a.endpoint, "controller", a.config != "", "node", local.String(), "library", zfssa.Version())
	if ready != nil {
		close(ready)
	}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		<-ctx.Done()
		// Wait 20 s for calls in flight, then cancel the remaining ones, which roll back.
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

// observe counts and logs each call, and passes its trace on. It does not log requests, because they contain secrets.
func observe(meter *metrics, logger *slog.Logger) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		begin := time.Now()
		ctx, trace := traced(ctx)
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
		if trace != "" {
			attributes = append(attributes, "trace_id", trace)
		}
		if err != nil {
			level = slog.LevelWarn
			attributes = append(attributes, "error", status.Convert(err).Message())
		}
		logger.Log(ctx, level, "call", attributes...)
		return response, err
	}
}
