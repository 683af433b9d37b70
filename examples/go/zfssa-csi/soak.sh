#!/usr/bin/env bash
# Soak of the CSI driver: volumes are created, published, staged, snapshotted, cloned, grown and
# deleted by many callers while one in a hundred requests to the simulated appliance meets a fault.
# Fails if anything is left on the appliance or the node, or if the driver leaks; prints the figures.
# It needs root and loop devices.
#
#   examples/go/zfssa-csi/soak.sh [VOLUMES [CALLERS [SEED]]]    1000 volumes and 32 callers by default
#
# SEED repeats the faults of a run. When they strike depends on the order in which threads run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. ../../../bindings/go/environment.sh

export ZFSSA_CSI_SOAK_VOLUMES=${1:-1000} ZFSSA_CSI_SOAK_CALLERS=${2:-32}
[ -z "${3:-}" ] || export ZFSSA_CSI_SOAK_SEED=$3
go test -v -run '^TestSoak$' -count=1 -timeout 120m .
