#!/usr/bin/env bash
# Checks the Helm chart and the plain manifests: helm lint and helm template with each set of values
# in chart/ci, the schemas of Kubernetes, the values that the chart refuses, whether the manifests are
# stale, and the driver's own tests of what is rendered.
#
#   examples/go/zfssa-csi/deploy/check-chart.sh            all checks
#   examples/go/zfssa-csi/deploy/check-chart.sh --write    generates manifests/
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
go_root=$(cd ../../../.. && pwd)
go_build=$go_root/build/go
mkdir -p "$go_build"
. "$go_root/bindings/go/find_go.sh"

helm_version=v4.3.1
kubeconform_version=v0.8.0
# The release of Kubernetes that the objects are checked for, and that of the CRDs of snapshots.
kubernetes_version=v1.37.2
snapshotter_version=v8.6.0

# install PACKAGE VERSION: the program of a Go module, kept in a folder of the version.
tools=$go_build/tools
install() {
    local program=${1##*/} folder
    folder=$tools/$program-$2
    [ -x "$folder/$program" ] \
        || GOBIN=$folder CGO_ENABLED=0 go install -trimpath -ldflags='-s -w' "$1@$2" 2>&1 \
        | grep -v '^go: downloading' || true
    [ -x "$folder/$program" ] || { echo "$1@$2 cannot be built" >&2; exit 1; }
    PATH=$folder:$PATH
}
install helm.sh/helm/v4/cmd/helm "$helm_version"
install github.com/yannh/kubeconform/cmd/kubeconform "$kubeconform_version"

# module PATH VERSION: prints the folder of a Go module, which is downloaded if it is not here.
module() {
    local about
    about=$(go mod download -json "$1@$2" 2>/dev/null) || { echo "$1@$2 cannot be downloaded" >&2; return 1; }
    sed -n 's/^\t"Dir": "\(.*\)",$/\1/p' <<<"$about"
}

render() { helm template zfssa-csi chart --namespace zfssa-csi --kube-version "$kubernetes_version" "$@"; }

# manifests FOLDER: the plain manifests. The kinds that need CRDs have files of their own.
manifests() {
    local only excluded=(snapshot-classes pod-monitor)
    for only in "${excluded[@]}"; do
        { header; render -f manifests/values.yaml --show-only "templates/$only.yaml"; } >"$1/$only.yaml"
    done
    { header; render -f manifests/values.yaml --set podMonitor.enabled=false \
        --set-json snapshotClasses='[]' --set-json groupSnapshotClasses='[]'; } >"$1/driver.yaml"
}
header() { echo '# Generated from the chart by deploy/check-chart.sh --write. Edit the chart instead.'; }

if [ "${1:-}" = --write ]; then
    manifests manifests
    exit
fi

rendered=$go_build/chart
rm -rf "$rendered"
mkdir -p "$rendered"

echo '== helm lint and template'
sets=(chart/ci/*-values.yaml)
for values in "${sets[@]}"; do
    helm lint --strict --quiet chart --kube-version "$kubernetes_version" -f "$values"
    name=${values##*/}
    render -f "$values" >"$rendered/${name%-values.yaml}.yaml"
done
helm lint --strict --quiet chart -f manifests/values.yaml

echo '== values and objects of README.md'
page=$rendered/page
mkdir -p "$page"
"$go_root/tests/snippets/run.sh" --write "$page" examples/go/zfssa-csi/deploy/README.md yaml
objects=()
for shown in "$page"/*.yaml; do
    # Objects are for the schemas below; the others are values of the chart.
    if grep -q '^kind:' "$shown"; then
        objects+=("$shown")
    else
        helm lint --strict --quiet chart --kube-version "$kubernetes_version" -f "$shown"
        render -f "$shown" >"$rendered/page-${shown##*/}"
    fi
done

echo '== values that the chart refuses'
least=(-f chart/ci/least-values.yaml)
refused=0
# refuses TEXT ARGUMENT...: rendering fails, and the message has the text.
refuses() {
    local text=$1 said
    shift
    if said=$(render "${least[@]}" "$@" 2>&1 >/dev/null); then
        echo "accepted, but to be refused because of $text: $*"
        exit 1
    fi
    [[ $said == *"$text"* ]] || { printf 'the message has no %s: %s\n' "$text" "$said"; exit 1; }
    refused=$((refused + 1))
}
refuses 'image.repository is empty' --set image.repository=
refuses 'imag' --set imag.tag=1
refuses '/controller/replicas' --set controller.replicas=0
refuses '/controller/callTimeout' --set controller.callTimeout=ten
refuses '/image/pullPolicy' --set image.pullPolicy=Sometimes
refuses '/node/kubeletDirectory' --set node.kubeletDirectory=kubelet
refuses '/node/iscsiDirectories' --set 'node.iscsiDirectories={/var/lib/iscsi}'
refuses '/storageClasses/0/fsType' --set 'storageClasses[0].name=a,storageClasses[0].fsType=btrfs'
refuses 'san_password' --set settings.options.san_password=x
refuses 'zfssa_target_password' --set settings.options.zfssa_target_password=x
refuses 'maxVolumesPerNod' --set settings.maxVolumesPerNod=1
refuses 'secrets.fast is missing' --set settings.backends.fast.options.san_ip=192.0.2.20
refuses 'secrets.fast: settings have no backend of this name' --set secrets.fast=a
refuses 'settings has neither options nor backends' --set settings=null
refuses 'controller.replicas is 2, and nothing coordinates the replicas on backend default: set coordination.url' \
    --set controller.replicas=2
refuses 'nothing coordinates the replicas on backend fast' --set controller.replicas=2 --set secrets.fast=a \
    --set settings.options.zfssa_coordination_url=etcd://a --set settings.backends.fast.options.san_ip=192.0.2.20
refuses 'coordination.url is missing' --set coordination.secret=etcd-client
refuses '/coordination/url' --set coordination.url=http://a
refuses 'zfssa_coordination_password' --set settings.options.zfssa_coordination_password=x
refuses 'kubeVersion' --kube-version v1.30.0
echo "$refused refused by name"

echo '== schemas'
schemas=$go_build/schemas-$kubernetes_version-$snapshotter_version
if [ ! -d "$schemas" ]; then
    kubernetes=$(module k8s.io/kubernetes "$kubernetes_version")
    snapshots=$(module github.com/kubernetes-csi/external-snapshotter/client/v8 "$snapshotter_version")
    (cd .. && CGO_ENABLED=0 go run ./deploy/schemas "$schemas.new" \
        "$kubernetes/api/openapi-spec/swagger.json" "$snapshots"/config/crd/*_*.yaml)
    mv "$schemas.new" "$schemas"
fi
# kubeconform FILE...
conform() {
    kubeconform -strict -summary -skip "${skip:-}" \
        -schema-location "$schemas/{{.ResourceKind}}{{.KindSuffix}}.json" "$@"
}
# No registry has the CRD of the Prometheus operator, so TestChartPods checks the members.
skip=PodMonitor conform "$rendered"/*.yaml manifests/{namespace,driver,snapshot-classes}.yaml "${objects[@]}"
# A schema that refuses nothing would check nothing.
if sed 's/allowPrivilegeEscalation/allowPrivilegesEscalation/' "$rendered/least.yaml" | conform - >/dev/null; then
    echo 'an unknown member of a container was accepted'
    exit 1
fi

echo '== manifests'
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
manifests "$fresh"
for file in "$fresh"/*; do
    diff -u "manifests/${file##*/}" "$file" \
        || { echo "manifests/${file##*/} is stale: run deploy/check-chart.sh --write"; exit 1; }
done
echo 'up to date'

echo "== the driver's tests of what is rendered"
. "$go_root/bindings/go/environment.sh"
cd ..
ZFSSA_CSI_RENDERED=$rendered go test -count=1 -v -run '^TestChart' . | tee "$go_build/chart.log"
passed=$(grep -c '^--- PASS' "$go_build/chart.log")
echo "$((passed + refused + ${#sets[@]})) checks passed"
