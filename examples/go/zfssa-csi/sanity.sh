#!/usr/bin/env bash
# All checks of the CSI driver: format, vet, its own tests, and the csi-sanity suite of
# kubernetes-csi/csi-test with the simulated appliance. Prints the number of tests, and the reason of
# each skip. Searches all logs for the secrets of the tests.
#
#   examples/go/zfssa-csi/sanity.sh           all checks
#   examples/go/zfssa-csi/sanity.sh quick     csi-sanity only
#   examples/go/zfssa-csi/sanity.sh interrupted
#                                             calls interrupted at their requests, every case
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. ../../../bindings/go/environment.sh

# A test without its prerequisites fails instead of being skipped.
export ZFSSA_REQUIRE_ALL=1
# Directory of the logs of the tested drivers.
export ZFSSA_CSI_LOGS=$go_build/csi-logs
rm -rf "$ZFSSA_CSI_LOGS" "$go_build"/csi-sanity*.txt "$go_build"/csi*.log
mkdir -p "$ZFSSA_CSI_LOGS"

# Real file systems need root and what not every kernel has: loop devices, ext4 and xfs.
probe_mounts() {
    local work=$1 kind
    for kind in ext4 xfs; do
        truncate -s 512M "$work/$kind" && "mkfs.$kind" -q "$work/$kind" && mkdir "$work/on" \
            && mount -o loop "$work/$kind" "$work/on" && umount "$work/on" && rmdir "$work/on" \
            || return
    done
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! why=$(probe_mounts "$work" 2>&1); then
    why=${why##*$'\n'}
    export ZFSSA_CSI_WITHOUT_MOUNTS=${why:-no loop devices}
    echo "not run: what mounts file systems: $ZFSSA_CSI_WITHOUT_MOUNTS"
fi

# run LOG ARGUMENT...
run() {
    local log=$1
    shift
    if ! go test -v "$@" -count=1 -timeout "${timeout:-10m}" . >"$log" 2>&1; then
        grep -av 'resources.go' "$log" | tail -n 100
        exit 1
    fi
}

# Prints the numbers of cases in which calls were interrupted.
interrupted() { sed -nE 's/^.* (interrupted calls[^:]*: [0-9]+ cases)$/\1/p' "$1" | paste -sd ';' | sed 's/;/; /g'; }

if [ "${1:-}" = interrupted ]; then
    ZFSSA_CSI_MATRIX_ALL=1 timeout=120m run "$go_build/csi-interrupted.log" -parallel 24 -run '^TestInterrupted'
    interrupted "$go_build/csi-interrupted.log"
    exit
fi
own=
if [ "${1:-}" != quick ]; then
    echo '== format'
    unformatted=$(gofmt -l .)
    [ -z "$unformatted" ] || { echo "not formatted: $unformatted"; exit 1; }
    echo '== vet'
    go vet ./...
    echo '== tests, with the race detector'
    run "$go_build/csi-tests.log" -race -parallel 24 -skip '^TestSanity$'
    passed=$(grep -c '^--- PASS' "$go_build/csi-tests.log")
    cases=$(grep -cE '^ *--- PASS' "$go_build/csi-tests.log")
    if [ -z "${ZFSSA_CSI_WITHOUT_MOUNTS:-}" ] && grep -E '^ *--- SKIP' "$go_build/csi-tests.log"; then
        echo 'tests were skipped'
        exit 1
    fi
    own="own tests: $passed passed with $cases cases, 0 skipped, 0 failed"
    cuts=$(interrupted "$go_build/csi-tests.log")
fi
modes=(block mount)
[ -z "${ZFSSA_CSI_WITHOUT_MOUNTS:-}" ] || modes=(block)
for mode in "${modes[@]}"; do
    echo "== csi-sanity, $mode"
    export ZFSSA_CSI_REPORT=$go_build/csi-sanity-$mode.txt
    ZFSSA_CSI_SANITY_MODE=$mode run "$go_build/csi-$mode.log" -run '^TestSanity$'
done

echo '== secrets'
logs=("$go_build"/csi*.log "$ZFSSA_CSI_LOGS"/*.log)
for log in "${logs[@]}"; do
    [ -s "$log" ] || { echo "there is no $log to search"; exit 1; }
done
# A word in every secret of the tests, and its Base64 forms at the three possible offsets.
if grep -laE 'CANARY|Q0FOQVJZ|NBTkFSW|DQU5BUl' "${logs[@]}"; then
    echo 'secret of the tests found in the logs above'
    exit 1
fi
echo "none in ${#logs[@]} logs"

echo '== summary'
[ -z "$own" ] || printf '%s\n' "$own" "$cuts"
reports=("${modes[@]/#/$go_build/csi-sanity-}")
reports=("${reports[@]/%/.txt}")
# The numbers of both in one line.
sed -n 's/^csi-sanity: //p' "${reports[@]}" | paste -sd ';' | sed 's/^/csi-sanity: /; s/;/; /'
# The skips are the same in both.
grep -hv '^csi-sanity: ' "${reports[@]}" | sed '/^$/d' | awk '!seen[$0]++'
