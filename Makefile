# Two commands do everything on a fresh machine: make demo, make test.

.PHONY: demo demo-fleet test bench canaries fuzz soak soak-csi test-csi-interrupted test-kernel test-cluster \
        tempest setup build install uninstall command deb rpm cross test-cross wheels sbom crates \
        header docs site format clean

# The main job, on the embedded simulator with real iSCSI behind it.
demo: setup
	./.ci/demo

# Three hosts that share two appliances through etcd, and what is kept when a host, a member of etcd
# or a cable fails.
demo-fleet: setup
	./.ci/demo-fleet

# Every test, with a summary. One step alone: .ci/test NAME
test: setup
	./.ci/test

# Ratios measured side by side; writes docs/performance.md. SECTION=hosts measures that one alone.
bench: setup
	./.ci/bench $(SECTION)

# The tests of the tests: each planted bug must turn a test red. See docs/testing.md.
canaries: setup
	./.ci/canaries

# Each fuzz target for SECONDS, or the one TARGET.
SECONDS ?= 60
fuzz: setup
	./.ci/fuzz $(SECONDS) $(TARGET)

# A C host under faults for MINUTES; SEED repeats the choices of a run.
MINUTES ?= 10
soak: setup
	./.ci/soak $(MINUTES) $(SEED)

# The CSI driver under faults: VOLUMES by CALLERS; SEED repeats the choices of a run.
VOLUMES ?= 1000
CALLERS ?= 32
soak-csi: setup
	./examples/go/zfssa-csi/soak.sh $(VOLUMES) $(CALLERS) $(SEED)

# Calls of the CSI driver interrupted at each of their requests: every case. `.ci/test csi` runs a part.
test-csi-interrupted: setup
	./examples/go/zfssa-csi/sanity.sh interrupted

# The CSI driver's node on a Linux kernel, in QEMU with open-iscsi and multipathd: every case.
# `make test` runs the shorter ones. See examples/go/zfssa-csi/README.md.
test-kernel: setup
	./examples/go/zfssa-csi/kernel/test.sh

# The CSI driver with Kubernetes' own API server, controllers and sidecars, which the first run
# builds. See examples/go/zfssa-csi/README.md.
test-cluster: setup
	./examples/go/zfssa-csi/cluster/test.sh

# OpenStack's tests of volumes with the Cinder driver; REGEX selects some. See docs/testing.md.
tempest: setup
	bindings/python/test_tempest.sh $(if $(REGEX),'$(REGEX)')

# What the machine lacks, installed.
setup:
	./.ci/setup

build:
	./packaging/build

# The library for C and C++ programs, after make build. DESTDIR, PREFIX, LIBDIR, INCLUDEDIR.
install:
	./packaging/install

uninstall:
	./packaging/install --uninstall

# The command zfssa with completions and manual pages, in build/command/usr.
command:
	./packaging/build-command

# libzfssa1, libzfssa-dev and zfssa-tools, in build/deb.
deb: build command
	./packaging/deb

# libzfssa1, zfssa-devel and zfssa-tools, in build/rpm, and their test.
rpm: build command
	./packaging/rpm/test

# The library and the command for other machines, with glibc 2.17 or musl, in build/cross; TARGETS
# names some of packaging/cross/toolchain.sh. See docs/installing.md.
cross:
	./packaging/cross/build $(TARGETS)

# The tests of make cross, with the unit tests: in QEMU, with musl, or as they are.
test-cross: cross
	./packaging/cross/test --units $(TARGETS)

# Wheels of make cross, in build/wheels.
wheels: cross
	./packaging/cross/wheels $(TARGETS)

# Bills of materials of the library, the command and the simulator, in build/sbom.
sbom:
	./packaging/sbom

# What crates.io would get, built and checked without publishing.
crates:
	./.ci/crates --verify

# What is generated, generated anew: include/zfssa.h and docs/options.md.
header docs:
	ZFSSA_BLESS=1 cargo test -q --test header --test config

# The documentation as a site in build/site, with every code block of it compiled and run.
site: setup
	./tests/snippets/run.sh
	./docs/site/build

format:
	cargo fmt --all

clean:
	cargo clean
	rm -rf build
