#!/usr/bin/env bash
# Every check of the CSI driver: format, vet, its own tests, and the whole csi-sanity suite of
# kubernetes-csi/csi-test against the simulated appliance, with the number of tests and each skip
# with its reason.
#
#   examples/go/zfssa-csi/sanity.sh           all of it
#   examples/go/zfssa-csi/sanity.sh quick     csi-sanity alone
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. ../../../bindings/go/environment.sh

log=$go_build/csi.log
export ZFSSA_CSI_REPORT=$go_build/csi-sanity.txt
run() {
    if ! go test "$@" -count=1 -timeout 10m . >"$log" 2>&1; then
        grep -v 'resources.go' "$log" | tail -n 100
        exit 1
    fi
}

if [ "${1:-}" != quick ]; then
    echo '== format'
    unformatted=$(gofmt -l .)
    [ -z "$unformatted" ] || { echo "not formatted: $unformatted"; exit 1; }
    echo '== vet'
    go vet ./...
    echo '== tests, with the race detector'
    run -race -skip '^TestSanity$'
    tail -n 1 "$log"
fi
echo '== csi-sanity'
rm -f "$ZFSSA_CSI_REPORT"
run -run '^TestSanity$'
cat "$ZFSSA_CSI_REPORT"
