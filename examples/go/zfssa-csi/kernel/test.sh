#!/usr/bin/env bash
# The node of the CSI driver on a Linux kernel: tests in a QEMU machine with open-iscsi and
# multipathd, against the simulated appliance. The machine needs no privileges and no hardware
# support, and is faster with a usable /dev/kvm.
#
#   examples/go/zfssa-csi/kernel/test.sh           all tests
#   examples/go/zfssa-csi/kernel/test.sh FLAG...   with further flags of go test, such as -short
#
# ZFSSA_CSI_MACHINE_ACCELERATOR: kvm or tcg; chosen by a trial if unset.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
machine=$PWD/../../../build/kernel

command -v qemu-system-x86_64 >/dev/null || { echo 'not run: qemu-system-x86_64 is not installed'; exit; }
kernel/image.sh || { [ $? -eq 3 ] && exit; exit 1; }
. ../../../bindings/go/environment.sh

# A /dev/kvm that can be opened may still run no kernel, for example in a virtual machine. One that
# does runs this one, which panics for want of a root, in about a second.
kvm_works() {
    [ -w /dev/kvm ] && timeout 10 qemu-system-x86_64 -accel kvm -machine q35 -m 256 -nodefaults \
        -no-user-config -display none -no-reboot -serial stdio -kernel "$machine/vmlinuz" \
        -append 'console=ttyS0 panic=-1' </dev/null 2>/dev/null | grep -q 'Kernel panic'
}
if [ -z "${ZFSSA_CSI_MACHINE_ACCELERATOR:-}" ]; then
    # The trial is made once after each boot of this machine.
    tried=$machine/accelerator boot=$(cat /proc/sys/kernel/random/boot_id)
    if ! grep -qs "^$boot " "$tried"; then
        echo "$boot $(kvm_works && echo kvm || echo tcg)" >"$tried"
    fi
    ZFSSA_CSI_MACHINE_ACCELERATOR=$(cut -d ' ' -f 2 "$tried")
fi
export ZFSSA_CSI_MACHINE_ACCELERATOR
echo "accelerator: $ZFSSA_CSI_MACHINE_ACCELERATOR"

# What is ours, in an archive of its own behind that of Debian's packages.
own=$machine/own
rm -rf "$own"
mkdir -p "$own/usr/bin" "$own/etc"
cp kernel/init "$own/init"
cp kernel/multipath.conf "$own/etc/"
CGO_ENABLED=0 go build -ldflags='-s -w' -o "$own/usr/bin/agent" ./kernel/agent
go build -tags zfssa_static -ldflags='-s -w' -o "$own/usr/bin/zfssa-csi" .
(cd "$own" && find . -print0 | cpio --quiet --null --create --format newc --owner 0:0) >"$own.cpio"
cat "$machine/root.cpio" "$own.cpio" >"$machine/initramfs"

export ZFSSA_CSI_MACHINE=$machine ZFSSA_CSI_DRIVER=$own/usr/bin/zfssa-csi
export ZFSSA_CSI_LOGS=$go_build/csi-kernel-logs
rm -rf "$ZFSSA_CSI_LOGS"
mkdir -p "$ZFSSA_CSI_LOGS"
log=$go_build/csi-kernel.log
if ! go test -v -count=1 -timeout 30m "$@" ./kernel >"$log" 2>&1; then
    cat "$log"
    exit 1
fi
grep -E '^ *--- ' "$log"
passed=$(grep -cE '^ *--- PASS' "$log")
echo "own tests: $passed passed on a kernel with $ZFSSA_CSI_MACHINE_ACCELERATOR"
