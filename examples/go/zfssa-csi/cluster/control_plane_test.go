// Control plane: etcd, API server, controller manager and scheduler, with RBAC.

package cluster

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubernetes-csi/external-snapshotter/client/v8/clientset/versioned"
	"golang.org/x/sys/unix"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

// controllers are those of the controller manager that volumes and the driver's Deployment need.
var controllers = []string{
	"deployment-controller",
	"persistentvolume-attach-detach-controller",
	"persistentvolume-binder-controller",
	"persistentvolume-expander-controller",
	"persistentvolume-protection-controller",
	"persistentvolumeclaim-protection-controller",
	"replicaset-controller",
	"serviceaccount-controller",
	"volumeattributesclass-protection-controller",
}

// A cluster is a Kubernetes cluster without kubelets.
type cluster struct {
	folder    string
	apiServer *program
	driver    *program
	sidecars  []*program
	node      nodeClient
	appliance *appliance

	// Those of an administrator.
	config     *rest.Config
	kubernetes kubernetes.Interface
	snapshots  versioned.Interface
	objects    dynamic.Interface
	kinds      *restmapper.DeferredDiscoveryRESTMapper
}

// startControlPlane starts etcd, the API server, the controller manager and the scheduler.
func startControlPlane(t testing.TB) *cluster {
	t.Helper()
	// Paths of sockets are short.
	folder, err := os.MkdirTemp("", "csi")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(folder) })
	c := &cluster{folder: folder}
	store := "http://" + reserve(t)
	peers := "http://" + reserve(t)
	run(t, newProgram(t, "etcd", c.binary(t, "etcd"),
		"--data-dir", filepath.Join(folder, "etcd"), "--socket-reuse-port",
		"--listen-client-urls", store, "--advertise-client-urls", store,
		"--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers,
		"--initial-cluster", "default="+peers))

	address := reserve(t)
	certificate, key, err := cert.GenerateSelfSignedCertKey("127.0.0.1", nil, nil)
	must(t, err)
	signing, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	signingKey, err := keyutil.MarshalPrivateKeyToPEM(signing)
	must(t, err)
	signingFile := write(t, folder, "signing.key", string(signingKey))
	tokens := map[string]string{}
	var table strings.Builder
	for user, group := range map[string]string{
		"administrator":                  "system:masters",
		"system:kube-controller-manager": "",
		"system:kube-scheduler":          "",
	} {
		tokens[user] = secretWord + rand.Text()
		fmt.Fprintf(&table, "%s,%s,%s,%q\n", tokens[user], user, user, group)
	}
	_, port, err := net.SplitHostPort(address)
	must(t, err)
	c.apiServer = run(t, newProgram(t, "kube-apiserver", c.binary(t, "kube-apiserver"),
		"--etcd-servers", store, "--bind-address", "127.0.0.1", "--secure-port", port,
		"--permit-port-sharing", "--allow-privileged", "--advertise-address", "127.0.0.1",
		"--endpoint-reconciler-type", "none",
		"--tls-cert-file", write(t, folder, "server.crt", string(certificate)),
		"--tls-private-key-file", write(t, folder, "server.key", string(key)),
		"--token-auth-file", write(t, folder, "tokens.csv", table.String()),
		"--service-account-issuer", "https://kubernetes.default.svc",
		"--service-account-key-file", signingFile, "--service-account-signing-key-file", signingFile,
		"--service-cluster-ip-range", "10.0.0.0/24", "--authorization-mode", "RBAC"))
	c.config = &rest.Config{Host: "https://" + address, BearerToken: tokens["administrator"], QPS: -1,
		TLSClientConfig: rest.TLSClientConfig{CAData: certificate}}
	c.kubernetes, err = kubernetes.NewForConfig(c.config)
	must(t, err)
	c.snapshots, err = versioned.NewForConfig(c.config)
	must(t, err)
	c.objects, err = dynamic.NewForConfig(c.config)
	must(t, err)
	c.kinds = restmapper.NewDeferredDiscoveryRESTMapper(
		memory.NewMemCacheClient(c.kubernetes.Discovery()))
	c.ready(t)

	manager := c.kubeconfig(t, "kube-controller-manager", tokens["system:kube-controller-manager"])
	supervise(t, newProgram(t, "kube-controller-manager", c.binary(t, "kube-controller-manager"),
		"--kubeconfig", manager, "--use-service-account-credentials", "--leader-elect=false",
		"--secure-port", "0", "--controllers", strings.Join(controllers, ","),
		// Releases what a failed attachment holds sooner than after a minute.
		"--attach-detach-reconcile-sync-period", "5s"))
	scheduler := c.kubeconfig(t, "kube-scheduler", tokens["system:kube-scheduler"])
	supervise(t, newProgram(t, "kube-scheduler", c.binary(t, "kube-scheduler"),
		"--kubeconfig", scheduler, "--leader-elect=false", "--secure-port", "0"))
	return c
}

// ready waits until the API server is ready.
func (c *cluster) ready(t testing.TB) {
	t.Helper()
	eventually(t, "API server", func(ctx context.Context) string {
		_, err := c.kubernetes.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx)
		return message(err)
	})
}

// binary returns the path of a program that cluster/test.sh has built.
func (*cluster) binary(t testing.TB, name string) string {
	t.Helper()
	return filepath.Join(variable(t, "ZFSSA_CSI_CLUSTER"), name)
}

// kubeconfig writes a kubeconfig file with a token, and returns its path.
func (c *cluster) kubeconfig(t testing.TB, name, token string) string {
	t.Helper()
	config := clientcmdapi.NewConfig()
	config.Clusters[name] = &clientcmdapi.Cluster{Server: c.config.Host,
		CertificateAuthorityData: c.config.CAData}
	config.AuthInfos[name] = &clientcmdapi.AuthInfo{Token: token}
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name}
	config.CurrentContext = name
	path := filepath.Join(c.folder, name+".kubeconfig")
	must(t, clientcmd.WriteToFile(*config, path))
	return path
}

// reserve returns a free address of this machine. Until the test ends, a socket that never listens
// keeps other processes from it; only sockets with SO_REUSEPORT may share it.
func reserve(t testing.TB) string {
	t.Helper()
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	t.Cleanup(func() { _ = unix.Close(socket) })
	must(t, unix.SetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1))
	must(t, unix.Bind(socket, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	bound, err := unix.Getsockname(socket)
	must(t, err)
	return fmt.Sprintf("127.0.0.1:%d", bound.(*unix.SockaddrInet4).Port)
}
