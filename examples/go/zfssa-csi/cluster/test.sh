#!/usr/bin/env bash
# The CSI driver in a cluster: builds etcd, the API server, the controllers and the sidecars of
# Kubernetes from their Go modules, and runs the tests with them and the simulated appliance. No
# container runtime, privileges or images are needed. The first build takes long; the cache of Go
# keeps it.
#
#   examples/go/zfssa-csi/cluster/test.sh           all tests
#   examples/go/zfssa-csi/cluster/test.sh FLAG...   with further flags of go test, such as -run
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. ../../../../bindings/go/environment.sh
cluster=$go_root/build/cluster
mkdir -p "$cluster"

command -v tgtd >/dev/null || { echo 'not run: tgtd is not installed'; exit; }
# Modules that were downloaded before need no network.
if ! go mod download 2>"$cluster/download.log"; then
    echo "not run: the Go modules of Kubernetes are not available: $(tail -n 1 "$cluster/download.log")"
    exit
fi

begin=$SECONDS
CGO_ENABLED=0 go build -ldflags='-s -w' -o "$cluster/" tool
# The program has the name of its module, go.etcd.io/etcd/server.
ln -sf server "$cluster/etcd"
(cd .. && go build -tags zfssa_static -ldflags='-s -w' -o "$cluster/zfssa-csi" .)
echo "built in $((SECONDS - begin)) s, $(du -shL "$cluster" | cut -f 1) of programs"

# Definitions of snapshots and the rights of their controller, in the versions of the programs, and
# the driver as a user deploys it.
module() { go list -m -f '{{.Dir}}' "github.com/kubernetes-csi/$1"; }
snapshotter=$(module external-snapshotter/v8)/deploy/kubernetes
manifests=(
    "$(module external-snapshotter/client/v8)/config/crd/*.yaml"
    "$snapshotter/snapshot-controller/rbac-snapshot-controller.yaml"
    "$PWD/../deploy/manifests/namespace.yaml"
    "$PWD/../deploy/manifests/driver.yaml"
    "$PWD/../deploy/manifests/snapshot-classes.yaml"
)
export ZFSSA_CSI_CLUSTER=$cluster ZFSSA_CSI_DRIVER=$cluster/zfssa-csi
export ZFSSA_CSI_MANIFESTS=${manifests[*]}
export ZFSSA_CSI_LOGS=$go_build/csi-cluster-logs
rm -rf "$ZFSSA_CSI_LOGS"
mkdir -p "$ZFSSA_CSI_LOGS"

unformatted=$(gofmt -l .)
[ -z "$unformatted" ] || { echo "not formatted: $unformatted"; exit 1; }
go vet .
begin=$SECONDS
log=$go_build/csi-cluster.log
if ! go test -v -count=1 -timeout 40m "$@" . >"$log" 2>&1; then
    cat "$log"
    exit 1
fi
grep -E '^ *--- ' "$log"
if grep -laE 'CANARY|Q0FOQVJZ|NBTkFSW|DQU5BUl' "$log" "$ZFSSA_CSI_LOGS"/*.log; then
    echo 'secret of the tests found in the logs above'
    exit 1
fi
passed=$(grep -cE '^ +--- PASS' "$log")
echo "own tests: $passed passed in a cluster in $((SECONDS - begin)) s"
