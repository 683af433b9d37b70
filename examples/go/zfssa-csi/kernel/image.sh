#!/usr/bin/env bash
# Kernel and root file system of the test machine, of Debian's packages: build/kernel/vmlinuz and
# build/kernel/root.cpio. The packages are extracted and not installed, so this machine stays as it
# is. What is there already is kept; remove build/kernel to have newer packages.
#
# Prints "not run: REASON" and exits with 3 if this machine cannot make them.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(cd "$here/../../../.." && pwd)/build/kernel
mkdir -p "$work"

unable() {
    echo "not run: $1"
    exit 3
}

packages=(linux-image-cloud-amd64 kmod udev open-iscsi multipath-tools sg3-utils
    e2fsprogs util-linux mount coreutils busybox-static)
# Needed by the maintainer scripts of the packages alone, which do not run.
unneeded='^(perl.*|libperl.*|linux-base|initramfs-tools.*|dpkg|tar|passwd|adduser|debconf)$'
# With the modules that they depend on. ext4 is in the kernel.
modules=(virtio_pci virtio_net virtio_rng iscsi_tcp sd_mod dm_multipath dm_service_time
    dm_round_robin dm_queue_length)

# Both must be those of this script and of these packages.
recipe=$(sha256sum "${BASH_SOURCE[0]}")
if [ -s "$work/root.cpio" ] && [ "$(cat "$work/recipe" 2>/dev/null)" = "$recipe" ]; then exit; fi
rm -f "$work/recipe"

[ "$(uname -m)" = x86_64 ] || unable "the test machine is an x86-64, and this is $(uname -m)"
for program in apt-get dpkg-deb depmod cpio; do
    command -v "$program" >/dev/null || unable "$program is not installed"
done

# apt with lists and archives of its own, for a machine on which nothing is installed.
rm -rf "$work/apt" "$work/root"
mkdir -p "$work/apt/lists/partial" "$work/apt/archives/partial" "$work/root"
: >"$work/apt/status"
apt() {
    apt-get -qq -o Dir::State="$work/apt" -o Dir::State::status="$work/apt/status" \
        -o Dir::Cache="$work/apt" -o Dir::Cache::archives="$work/apt/archives" \
        -o Debug::NoLocking=1 -o APT::Sandbox::User="$(id -un)" "$@"
}
apt update || unable 'the lists of packages cannot be had'
chosen=$(apt --no-install-recommends --simulate install "${packages[@]}") \
    || unable "there are no packages ${packages[*]}"
mapfile -t chosen < <(awk '/^Inst / {print $2}' <<<"$chosen" | grep -vE "$unneeded")
(cd "$work/apt/archives" && apt download "${chosen[@]}") || unable 'the packages cannot be had'

# Directories of the root are links into /usr in an installed Debian, too.
root=$work/root
for directory in bin sbin lib lib64; do
    mkdir -p "$root/usr/$directory"
    ln -s "usr/$directory" "$root/$directory"
done
for package in "$work"/apt/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x --no-same-owner --keep-directory-symlink -C "$root"
done
mv "$root"/boot/vmlinuz-* "$work/vmlinuz"
version=$(ls "$root/lib/modules")

# Only what the machine uses: every page of it is memory of the machine.
depmod --basedir "$root" "$version"
kept=$(for module in "${modules[@]}"; do
    modprobe --dirname "$root" --set-version "$version" --show-depends "$module"
done | awk '$1 == "insmod" {print $2}' | sort -u)
find "$root/lib/modules" -name '*.ko*' | grep -vxF "$kept" | xargs rm
depmod --basedir "$root" "$version"
rm -rf "$root/boot" "$root"/usr/share "$root"/usr/include "$root/usr/lib/udev/hwdb.d"

(cd "$root" && find . -print0 | cpio --quiet --null --create --format newc --owner 0:0) >"$work/root.cpio"
rm -rf "$work/apt" "$work/root"
echo "$recipe" >"$work/recipe"
