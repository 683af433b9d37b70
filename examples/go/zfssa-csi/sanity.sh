#!/usr/bin/env bash
# Every check of the CSI driver: format, vet, its own tests, and the whole csi-sanity suite of
# kubernetes-csi/csi-test against the simulated appliance, with the number of tests and each skip
# with its reason. What any of them logged is searched for the secrets of the tests.
#
#   examples/go/zfssa-csi/sanity.sh           all of it
#   examples/go/zfssa-csi/sanity.sh quick     csi-sanity alone
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. ../../../bindings/go/environment.sh

# All that a test may want is there; what is missing fails it.
export ZFSSA_REQUIRE_ALL=1
export ZFSSA_CSI_REPORT=$go_build/csi-sanity.txt
# Where the drivers of the tests log.
export ZFSSA_CSI_LOGS=$go_build/csi-logs
rm -rf "$ZFSSA_CSI_LOGS" "$ZFSSA_CSI_REPORT" "$go_build"/csi*.log
mkdir -p "$ZFSSA_CSI_LOGS"

# run LOG ARGUMENT...
run() {
    local log=$1
    shift
    if ! go test -v "$@" -count=1 -timeout 10m . >"$log" 2>&1; then
        grep -av 'resources.go' "$log" | tail -n 100
        exit 1
    fi
}

own=
if [ "${1:-}" != quick ]; then
    echo '== format'
    unformatted=$(gofmt -l .)
    [ -z "$unformatted" ] || { echo "not formatted: $unformatted"; exit 1; }
    echo '== vet'
    go vet ./...
    echo '== tests, with the race detector'
    run "$go_build/csi-tests.log" -race -skip '^TestSanity$'
    passed=$(grep -c '^--- PASS' "$go_build/csi-tests.log")
    cases=$(grep -cE '^ *--- PASS' "$go_build/csi-tests.log")
    if grep -E '^ *--- SKIP' "$go_build/csi-tests.log"; then
        echo 'tests were skipped'
        exit 1
    fi
    own="own tests: $passed passed with $cases cases, 0 skipped, 0 failed"
fi
echo '== csi-sanity'
run "$go_build/csi.log" -run '^TestSanity$'

echo '== secrets'
logs=("$go_build"/csi*.log "$ZFSSA_CSI_LOGS"/*.log)
for log in "${logs[@]}"; do
    [ -s "$log" ] || { echo "there is no $log to search"; exit 1; }
done
# The word that every secret of the tests holds, and its forms in Base64 at the three offsets.
if grep -laE 'CANARY|Q0FOQVJZ|NBTkFSW|DQU5BUl' "${logs[@]}"; then
    echo 'a secret of the tests stands in these logs'
    exit 1
fi
echo "none in ${#logs[@]} logs"

echo '== summary'
[ -z "$own" ] || echo "$own"
cat "$ZFSSA_CSI_REPORT"
