package zfssa_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
)

func TestErrors(t *testing.T) {
	ctx := context.Background()
	driver := ready(t)

	_, err := driver.GetVolume(ctx, zfssa.GetVolumeRequest{Name: "none"})
	if !errors.Is(err, zfssa.ErrVolumeNotFound) || errors.Is(err, zfssa.ErrSnapshotNotFound) || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	var failure *zfssa.Error
	if !errors.As(err, &failure) || failure.Outcome != zfssa.OutcomeNone || failure.Operation != "get_volume" ||
		failure.Resource != "none" || failure.Status.Class() != zfssa.ClassDriver || failure.Retryable {
		t.Errorf("%+v", failure)
	}
	if !strings.Contains(err.Error(), "none") || failure.Status.Name() != "VOLUME_NOT_FOUND" {
		t.Errorf("%v, %s", err, failure.Status.Name())
	}

	must[*zfssa.Volume](t)(driver.CreateVolume(ctx, zfssa.CreateVolumeRequest{Name: "volume-1", SizeGiB: 1}))
	must[*zfssa.Snapshot](t)(driver.CreateSnapshot(ctx, zfssa.CreateSnapshotRequest{Volume: "volume-1", Name: "s"}))
	_, err = driver.CreateVolume(ctx, zfssa.CreateVolumeRequest{Name: "volume-1", SizeGiB: 2})
	if !errors.Is(err, zfssa.ErrVolumeExists) || !errors.As(err, &failure) || failure.Outcome != zfssa.OutcomeRejected ||
		failure.HTTPStatus != 409 || failure.Fault != "ERR_OBJECT_EXISTS" {
		t.Errorf("%+v", failure)
	}
	if _, err = driver.DeleteVolume(ctx, zfssa.DeleteVolumeRequest{Name: "volume-1"}); !errors.Is(err, zfssa.ErrVolumeBusy) {
		t.Errorf("%v", err)
	}
	_, err = driver.InitializeConnection(ctx, zfssa.InitializeConnectionRequest{Volume: "volume-1", Initiator: "iqn.2004-10.org.example:stranger"})
	if !errors.Is(err, zfssa.ErrInvalidConnector) {
		t.Errorf("%v", err)
	}

	// Arguments refused by the engine, and by this package.
	_, err = driver.CreateVolume(ctx, zfssa.CreateVolumeRequest{SizeGiB: 1})
	if !errors.Is(err, zfssa.ErrInvalidArgument) || !errors.As(err, &failure) || failure.Outcome != zfssa.OutcomeNone {
		t.Errorf("%v", err)
	}
	_, err = driver.GetVolume(ctx, zfssa.GetVolumeRequest{Name: "a\x00b"})
	if !errors.Is(err, zfssa.ErrInvalidArgument) || !strings.Contains(err.Error(), "NUL") {
		t.Errorf("%v", err)
	}
	_, err = driver.GetVolume(ctx, zfssa.GetVolumeRequest{Name: "\xff"})
	if !errors.Is(err, zfssa.ErrInvalidArgument) {
		t.Errorf("%v", err)
	}

	// Statuses are passed through.
	for _, status := range []zfssa.Status{zfssa.ErrNoSpace, zfssa.ErrPoolNotOwned, zfssa.ErrTLSPin, zfssa.ErrInternal} {
		_, err := driver.Echo(ctx, zfssa.EchoRequest{FailWith: status, Message: "why"})
		if !errors.Is(err, status) || !errors.As(err, &failure) || failure.Status != status || failure.Message != "why" {
			t.Errorf("%s: %v", status.Name(), err)
		}
		if status.Error() == "" || strings.HasPrefix(status.Error(), "status ") {
			t.Errorf("%s: no description", status.Name())
		}
	}
	if zfssa.Status(-999).Name() != "UNKNOWN" || zfssa.Status(-199).Class() != zfssa.ClassTransport {
		t.Error("an unknown status")
	}
}

func TestErrorsOfTheTransport(t *testing.T) {
	ctx := context.Background()
	unreachable := idle(t, func(c *zfssa.Config) {
		c.Options["san_api_port"] = "1"
		c.Options["zfssa_max_attempts"] = "1"
	})
	_, err := unreachable.GetVolumeStats(ctx)
	var failure *zfssa.Error
	if !errors.Is(err, zfssa.ErrConnect) || !errors.As(err, &failure) || failure.Status.Class() != zfssa.ClassTransport || !failure.Retryable {
		t.Errorf("%v", err)
	}
	stranger := idle(t, func(c *zfssa.Config) { c.Options["san_password"] = "CANARY-wrong" })
	_, err = stranger.GetVolumeStats(ctx)
	if !errors.Is(err, zfssa.ErrUnauthenticated) || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("%v", err)
	}
	distrustful := idle(t, func(c *zfssa.Config) {
		c.Options["zfssa_tls_mode"] = "system"
		delete(c.Options, "zfssa_tls_ca_file")
	})
	if _, err = distrustful.GetVolumeStats(ctx); !errors.Is(err, zfssa.ErrTLS) {
		t.Errorf("%v", err)
	}
}

func TestConfig(t *testing.T) {
	_, err := zfssa.New(zfssa.Config{Options: map[string]string{"san_ip": "192.0.2.1", "zfssa_lun_logbias": "sometimes"}})
	var failure *zfssa.Error
	if !errors.Is(err, zfssa.ErrConfig) || !errors.As(err, &failure) || len(failure.Causes) < 3 {
		t.Fatalf("%+v", failure)
	}
	if joined := strings.Join(failure.Causes, "\n"); !strings.Contains(joined, "zfssa_lun_logbias") || !strings.Contains(joined, "san_password") {
		t.Errorf("causes: %s", joined)
	}

	// Three sources, each overriding the previous one.
	config := appliance.config()
	options := config.Options
	options["zfssa_lun_volblocksize"] = "16k"
	config = zfssa.Config{
		CinderConf: []zfssa.Source{{Text: "[zfs]\nsan_ip = 192.0.2.1\nzfssa_lun_volblocksize = 64k\n", Section: "zfs"}},
		TOML:       []zfssa.Source{{Text: "[zfs]\nzfssa_lun_volblocksize = \"32k\"\nzfssa_lun_compression = \"gzip\"\n", Section: "zfs"}},
		Options:    options,
	}
	if err := config.Validate(); err != nil {
		t.Fatal(err)
	}
	driver, err := zfssa.Open(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer driver.Close()
	volume := must[*zfssa.Volume](t)(driver.CreateVolume(context.Background(), zfssa.CreateVolumeRequest{Name: "v", SizeGiB: 1}))
	if volume.BlockSizeBytes != 16384 || volume.Compression != "gzip" {
		t.Errorf("%+v", volume)
	}

	config.TOML[0].Path = "/nonexistent/zfssa.toml"
	if err := config.Validate(); !errors.Is(err, zfssa.ErrConfig) {
		t.Errorf("%v", err)
	}
	config.Options["san_password"] = "a\x00b"
	if err := config.Validate(); !errors.Is(err, zfssa.ErrInvalidArgument) {
		t.Errorf("%v", err)
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	config := appliance.config()
	config.TOML = []zfssa.Source{{Text: `san_password = "CANARY-toml"`}}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(format, config) + fmt.Sprintf(format, &config) + fmt.Sprintf(format, config.TOML); strings.Contains(text, "CANARY") {
			t.Errorf("%s: %s", format, text)
		}
	}
	connection := zfssa.Connection{AuthUsername: "user", AuthPassword: "CANARY-chap"}
	text, err := json.Marshal(connection)
	if err != nil || strings.Contains(string(text)+fmt.Sprintf("%v %+v %#v", connection, connection, connection), "CANARY") {
		t.Errorf("%s %v", text, err)
	}
	if connection.AuthPassword.Reveal() != "CANARY-chap" {
		t.Error("the secret is gone")
	}
}

func TestOptions(t *testing.T) {
	options := zfssa.Options()
	found := map[string]zfssa.Option{}
	for _, option := range options {
		found[option.Name] = option
	}
	password, port := found["san_password"], found["san_api_port"]
	if !password.Secret || !found["san_ip"].Required || port.Default != "215" || !port.Bounded || port.Max != 65535 || port.Help == "" {
		t.Errorf("%+v %+v", password, port)
	}
	if found["zfssa_lun_logbias"].Choices[0] != "latency" {
		t.Errorf("%+v", found["zfssa_lun_logbias"])
	}
	if zfssa.Version() == "" {
		t.Error("no version")
	}
}
