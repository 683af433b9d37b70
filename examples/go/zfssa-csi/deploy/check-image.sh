#!/usr/bin/env bash
# Builds the container image from the Containerfile with buildah, and runs what is in it.
#
# No registry of images is needed: the base is made of Debian's packages, and the driver is built on
# this machine, so the Containerfile's first two stages are not run.
#
#   examples/go/zfssa-csi/deploy/check-image.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. ../../../../bindings/go/environment.sh

if [ "$(id -u)" -ne 0 ]; then
    echo 'not run: building an image without a daemon needs root here'
    exit
fi
image=$go_build/image
rm -rf "$image/driver" "$image/logs"
mkdir -p "$image/driver" "$image/logs"

# The release of Debian of the Containerfile.
release=$(sed -n 's|^ARG DEBIAN=.*/debian:\(.*\)-slim$|\1|p' Containerfile)
base=$image/$release.tar
if [ ! -s "$base" ]; then
    echo "== base: Debian $release from its archive"
    if ! mmdebstrap --quiet --variant=minbase "$release" "$base.new"; then
        echo "not run: Debian $release could not be had from its archive"
        exit
    fi
    mv "$base.new" "$base"
fi

echo '== driver'
./build-driver "$image/driver/zfssa-csi"
# The library is inside. What is left are libraries that Debian's smallest system has.
if ldd "$image/driver/zfssa-csi" | grep -vE 'linux-vdso|ld-linux|lib(c|m|dl|rt|util|pthread|gcc_s|resolv)\.so'; then
    echo 'the driver needs libraries that the image does not have'
    exit 1
fi

echo '== image'
export BUILDAH_ISOLATION=chroot
store=(--storage-driver vfs --root "$image/store" --runroot "$image/run")
buildah() { command buildah "${store[@]}" "$@"; }
tag=localhost/zfssa-csi:check
name=localhost/debian:$release-slim
container=
serving=
clean() {
    if [ -n "$serving" ]; then
        # All processes between this one and the driver.
        kill -- "-$serving" 2>/dev/null || true
        wait "$serving" || true
    fi
    [ -z "$container" ] || buildah rm "$container" >/dev/null || true
    # The store is a mount over itself.
    umount "$image/store"/* 2>/dev/null || true
    rm -rf "$image/store" "$image/run"
}
trap clean EXIT
rm -rf "$image/store" "$image/run"
if ! container=$(buildah from scratch); then
    container=
    echo 'not run: buildah cannot make a container on this machine'
    exit
fi
buildah add --quiet "$container" "$base" / >/dev/null
buildah commit --quiet "$container" "$name" >/dev/null
buildah rm "$container" >/dev/null
container=
buildah build --quiet -f Containerfile --ignorefile ../../../../.dockerignore -t "$tag" \
    --build-arg DEBIAN="$name" --build-arg VERSION="$version" \
    --build-context "driver=$image/driver" ../../../.. >"$image/logs/build.log" 2>&1 \
    || { tail -n 40 "$image/logs/build.log"; exit 1; }
container=$(buildah from --pull-never "$tag")
mounted=$(buildah mount "$container")
printf 'built from the Containerfile: %s MB\n' "$(du -sm "$mounted" | cut -f 1)"

passed=0
# expects TEXT COMMAND...: the command's output has the text.
expects() {
    local text=$1 said
    shift
    said=$("$@" 2>&1) || true
    [[ $said == *"$text"* ]] || { printf '%s: expected %s, not: %s\n' "$*" "$text" "$said"; exit 1; }
    passed=$((passed + 1))
}
in_image() { buildah run "$container" -- "$@"; }
as_root() { buildah run --user 0:0 "$container" -- "$@"; }

expects "$version" buildah inspect --format '{{index .OCIv1.Config.Labels "org.opencontainers.image.version"}}' "$container"
expects 65532 in_image id -u
expects 'socket of the CSI services' in_image zfssa-csi -help
expects 'name of the LUN' in_image zfssa-csi adopt -help
for tool in mkfs.ext4 mkfs.xfs e2fsck fsck.xfs resize2fs xfs_growfs blkid blockdev mount umount fsck; do
    expects "/$tool" as_root sh -c "command -v $tool"
done
as_root sh -c 'truncate -s 64M /tmp/disk && mkfs.ext4 -q /tmp/disk'
expects 'TYPE="ext4"' as_root blkid /tmp/disk
expects clean as_root e2fsck -n /tmp/disk

# host-tool runs the program of the host, with the name by which it was called.
expects 'not mounted at /host' as_root iscsiadm --version
mkdir -p "$mounted/host"
cp -a "$mounted"/{bin,lib,lib64,etc} "$mounted/host/"
mkdir -p "$mounted/host/usr"
cp -a "$mounted"/usr/{bin,sbin,lib,lib64} "$mounted/host/usr/"
for tool in iscsiadm multipath multipathd; do
    printf '#!/bin/sh\necho "%s of the host: $*"\n' "$tool" >"$mounted/host/usr/sbin/$tool"
    chmod 755 "$mounted/host/usr/sbin/$tool"
    expects "$tool of the host: -m session" as_root "$tool" -m session
done

echo '== controller'
mkdir -p "$mounted/settings" "$mounted/csi"
sed -n '/settings.json: |/,/^---/p' manifests/driver.yaml | sed '1d; /^---/d; s/^    //' >"$mounted/settings/settings.json"
chmod 777 "$mounted/csi"
setsid buildah "${store[@]}" run "$container" -- zfssa-csi -endpoint unix:///csi/csi.sock \
    -config /settings/settings.json >"$image/logs/controller.log" 2>&1 &
serving=$!
serves() { grep -q '"msg":"serving"' "$image/logs/controller.log"; }
until serves || ! kill -0 "$serving" 2>/dev/null; do sleep 0.1; done
expects '"controller":true' grep '"msg":"serving"' "$image/logs/controller.log"
expects 65532 stat -c %u "$mounted/csi/csi.sock"
echo "$passed checks passed"
