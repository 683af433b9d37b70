#!/usr/bin/env bash
# All checks of the Go package: format, vet, generated files, and the tests with the library linked
# dynamically, linked statically, and loaded at run time.
#
#   bindings/go/test.sh            all checks
#   bindings/go/test.sh quick      the tests once, with the shared library
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. ./environment.sh
# A test without its prerequisites fails instead of being skipped.
export ZFSSA_REQUIRE_ALL=1

step() { printf '== %s\n' "$*"; }

step test, shared library, "GODEBUG=cgocheck=1"
GODEBUG=cgocheck=1 go test ./... -count=1 -timeout 5m
step test, collector for Prometheus
(cd zfssaprometheus && go test ./... -count=1 -timeout 5m)
step test, propagator for OpenTelemetry
(cd zfssaotel && go test ./... -count=1 -timeout 5m)
step test, example of several hosts
(cd ../../examples/go/fleet && go test ./... -count=1 -timeout 5m)
[ "${1:-}" = quick ] && exit

step format
unformatted=$(gofmt -l . ../../examples/go/fleet)
[ -z "$unformatted" ] || { echo "not formatted: $unformatted"; exit 1; }
step vet, with each build tag
for tag in '' zfssa_static zfssa_dlopen; do
    go vet -tags "$tag" ./...
done
for module in zfssaprometheus zfssaotel ../../examples/go/fleet; do (cd "$module" && go vet ./...); done
step test with the race detector
go test ./... -count=1 -race -timeout 10m
step test under GC stress
GOGC=1 ZFSSA_GO_GC_STRESS=1 go test ./zfssa -count=1 -short -timeout 5m
step test, statically linked
go test ./zfssa -count=1 -short -tags zfssa_static -timeout 5m
step test, loaded at run time
go test ./zfssa -count=1 -short -tags zfssa_dlopen -timeout 5m
