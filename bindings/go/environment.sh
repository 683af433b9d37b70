# To be sourced by the scripts that build and test Go code in this repository: finds or installs
# Go, builds the library and the simulator, and says where they are.
#
#   ZFSSA_PROFILE   debug (the default) or release

go_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
go_build=$go_root/build/go
mkdir -p "$go_build/pkgconfig"

. "$go_root/bindings/go/find_go.sh"

profile=${ZFSSA_PROFILE:-debug}
cargo_flags=()
[ "$profile" = release ] && cargo_flags=(--release)
(cd "$go_root" && cargo build --quiet "${cargo_flags[@]}" -p zfssa -p zfssa-appliance)
libraries=${CARGO_TARGET_DIR:-$go_root/target}/$profile
# The name by which programs look for the library; an installed tree has it.
ln -sf libzfssa.so "$libraries/libzfssa.so.1"

# What an installed tree has under lib/pkgconfig, for the tree that was just built.
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$go_root/Cargo.toml" | head -n 1)
description() {
    printf 'Name: zfssa\nDescription: Engine for Oracle ZFS Storage Appliances\nVersion: %s\n' "$version"
    printf 'Cflags: -I%s/include\nLibs: %s\n' "$go_root" "$1"
}
description "-L$libraries -lzfssa" >"$go_build/pkgconfig/zfssa.pc"
description "$libraries/libzfssa.a -lgcc_s -lutil -lrt -lpthread -lm -ldl -lc" >"$go_build/pkgconfig/zfssa-static.pc"
# Go keeps what it compiled by its sources and flags, and does not look again at what pkg-config
# says: another profile would get the library of the one before. This flag changes with it.
CGO_CFLAGS="-g -O2 -DZFSSA_GO_LINKED=$(cat "$go_build"/pkgconfig/*.pc | cksum | cut -d ' ' -f 1)"
export CGO_CFLAGS
export PKG_CONFIG_PATH=$go_build/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
export LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export ZFSSA_LIBRARY=$libraries/libzfssa.so.1
export ZFSSA_APPLIANCE=$libraries/zfssa-appliance
export CGO_ENABLED=1
