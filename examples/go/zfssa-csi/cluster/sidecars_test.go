// The sidecars of the driver, as its Deployment has them, and the snapshot controller.

package cluster

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// driverNamespace is that of the driver's manifests.
	driverNamespace = "zfssa-csi"
	// quick are the flags of every sidecar that repeat failed calls within seconds.
	quick = "--retry-interval-max=4s"
)

// sidecars are the programs of the containers of the controller's pod, by their names. The liveness
// probe is not among them, because no kubelet would ask it.
var sidecars = map[string]string{
	"provisioner": "csi-provisioner",
	"attacher":    "csi-attacher",
	"resizer":     "csi-resizer",
	"snapshotter": "csi-snapshotter",
}

// startSidecars starts the sidecars of one pod of the controller as a kubelet does: with the
// command lines, the environment and the service account that the pod has.
func (c *cluster) startSidecars(t testing.TB) {
	t.Helper()
	pod := c.controllerPod(t)
	started := 0
	for _, container := range pod.Spec.Containers {
		program, known := sidecars[container.Name]
		if !known {
			continue
		}
		started++
		var arguments []string
		for _, argument := range container.Args {
			// Containers have ports of their own, and processes do not.
			if !strings.HasPrefix(argument, "--http-endpoint=") {
				arguments = append(arguments,
					strings.Replace(argument, "/csi/csi.sock", c.socket("controller"), 1))
			}
		}
		p := newProgram(t, program, c.binary(t, program), append(arguments, quick,
			"--kubeconfig", c.account(t, program, pod.Namespace, pod.Spec.ServiceAccountName))...)
		for _, variable := range container.Env {
			p.environment = append(p.environment, variable.Name+"="+value(t, pod, variable))
		}
		supervise(t, p)
		c.sidecars = append(c.sidecars, p)
	}
	if started != len(sidecars) {
		t.Fatalf("pod %s has %d of %d sidecars", pod.Name, started, len(sidecars))
	}
	supervise(t, newProgram(t, "snapshot-controller", c.binary(t, "snapshot-controller"), quick,
		"--kubeconfig", c.account(t, "snapshot-controller", "kube-system", "snapshot-controller")))
}

// sidecarsLackNoRight checks that the API server has refused the sidecars nothing in the cases
// before. A starting API server refuses everything until it has read the roles.
func sidecarsLackNoRight(t testing.TB, c *cluster) {
	for _, p := range c.sidecars {
		log, err := os.ReadFile(p.log.Name())
		must(t, err)
		for line := range strings.Lines(string(log)) {
			if strings.Contains(line, "forbidden") {
				t.Fatalf("%s: %s", p.log.Name(), line)
			}
		}
	}
}

// controllerPod waits until a pod of the driver's Deployment is assigned to the node.
func (c *cluster) controllerPod(t testing.TB) *corev1.Pod {
	t.Helper()
	var pod *corev1.Pod
	eventually(t, "pod of the controller", func(ctx context.Context) string {
		pods, err := c.kubernetes.CoreV1().Pods(driverNamespace).List(ctx, metav1.ListOptions{
			LabelSelector: "app.kubernetes.io/component=controller",
			FieldSelector: "spec.nodeName=" + nodeName})
		if err != nil {
			return message(err)
		}
		if len(pods.Items) == 0 {
			return "there is none"
		}
		pod = &pods.Items[0]
		return ""
	})
	return pod
}

// value returns the value of a variable of a container, which may name a field of its pod.
func value(t testing.TB, pod *corev1.Pod, variable corev1.EnvVar) string {
	t.Helper()
	if variable.ValueFrom == nil {
		return variable.Value
	}
	switch field := variable.ValueFrom.FieldRef; {
	case field != nil && field.FieldPath == "metadata.name":
		return pod.Name
	case field != nil && field.FieldPath == "metadata.namespace":
		return pod.Namespace
	}
	t.Fatalf("pod %s: variable %s: unknown source %v", pod.Name, variable.Name, variable.ValueFrom)
	return ""
}

// account writes a kubeconfig file with a token of a service account, and returns its path.
func (c *cluster) account(t testing.TB, program, namespace, name string) string {
	t.Helper()
	token, err := c.kubernetes.CoreV1().ServiceAccounts(namespace).CreateToken(t.Context(), name,
		&authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(fmt.Errorf("service account %s: %w", name, err))
	}
	return c.kubeconfig(t, program, token.Status.Token)
}
