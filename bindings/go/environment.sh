# Environment for the scripts that build and test Go code, to be sourced: finds or installs Go,
# builds the library and the simulator, and sets variables with their paths.
#
#   ZFSSA_PROFILE   debug (the default) or release

go_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
go_build=$go_root/build/go
mkdir -p "$go_build/pkgconfig"

. "$go_root/bindings/go/find_go.sh"

profile=${ZFSSA_PROFILE:-debug}
if [ "$profile" = release ]; then
    (cd "$go_root" && cargo build --quiet --release -p zfssa-appliance && packaging/build)
else
    (cd "$go_root" && cargo build --quiet -p zfssa -p zfssa-appliance)
fi
libraries=${CARGO_TARGET_DIR:-$go_root/target}/$profile
# The SONAME, by which programs load the library.
ln -sf libzfssa.so "$libraries/libzfssa.so.1"

# pkg-config files for the library that was just built.
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$go_root/Cargo.toml" | head -n 1)
description() {
    printf 'Name: zfssa\nDescription: Engine for Oracle ZFS Storage Appliances\nVersion: %s\n' "$version"
    printf 'Cflags: -I%s/include\nLibs: %s\n' "$go_root" "$1"
}
description "-L$libraries -lzfssa" >"$go_build/pkgconfig/zfssa.pc"
description "$libraries/libzfssa.a -lgcc_s -lutil -lrt -lpthread -lm -ldl -lc" >"$go_build/pkgconfig/zfssa-static.pc"
# Go's build cache does not depend on the output of pkg-config, so another profile would link the
# library of the previous one. This flag changes with the output.
CGO_CFLAGS="-g -O2 -DZFSSA_GO_LINKED=$(cat "$go_build"/pkgconfig/*.pc | cksum | cut -d ' ' -f 1)"
export CGO_CFLAGS
export PKG_CONFIG_PATH=$go_build/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
export LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export ZFSSA_LIBRARY=$libraries/libzfssa.so.1
export ZFSSA_APPLIANCE=$libraries/zfssa-appliance
export CGO_ENABLED=1
