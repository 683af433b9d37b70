{{/* Name of the objects: that of the release, with that of the chart unless it is part of it. */}}
{{- define "zfssa-csi.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* The name of the driver, driverName in identity.go. It is part of every volume's object. */}}
{{- define "zfssa-csi.driver" -}}csi.zfssa.example.org{{- end -}}

{{- define "zfssa-csi.labels" -}}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{ include "zfssa-csi.selector" . }}
{{- end -}}

{{- define "zfssa-csi.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "zfssa-csi.image" -}}
{{- $repository := required "image.repository is empty: push the image that deploy/Containerfile builds to a registry, and set its name" .Values.image.repository -}}
{{- $repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{/* The value of an option as the settings file has it. Numbers in values are floating-point. */}}
{{- define "zfssa-csi.option" -}}
{{- if kindIs "float64" . }}{{ int64 . }}{{ else }}{{ . }}{{ end -}}
{{- end -}}

{{/* The options of a backend as strings, with the file of the certificate authority, and with etcd. */}}
{{- define "zfssa-csi.options" -}}
{{- $options := dict -}}
{{- if .root.Values.certificateAuthority.configMap -}}
{{- $_ := set $options "zfssa_tls_ca_file" (printf "/etc/zfssa-ca/%s" .root.Values.certificateAuthority.key) -}}
{{- end -}}
{{- with .root.Values.coordination.url -}}
{{- $_ := set $options "zfssa_coordination_url" . -}}
{{- end -}}
{{- range $name, $value := .options -}}
{{- $_ := set $options $name (include "zfssa-csi.option" $value) -}}
{{- end -}}
{{- if and (gt (int .root.Values.controller.replicas) 1) (not $options.zfssa_coordination_url) -}}
{{- fail (printf "controller.replicas is %d, and nothing coordinates the replicas on backend %s: set coordination.url, or controller.replicas to 1" (int .root.Values.controller.replicas) .name) -}}
{{- end -}}
{{- toJson $options -}}
{{- end -}}

{{/* The settings file. */}}
{{- define "zfssa-csi.settings" -}}
{{- $settings := deepCopy (.Values.settings | default dict) -}}
{{- if not (or $settings.options $settings.backends) -}}
{{- fail "settings has neither options nor backends: set those of an appliance" -}}
{{- end -}}
{{- $names := list -}}
{{- if $settings.options -}}
{{- $names = append $names "default" -}}
{{- $_ := set $settings "options" (include "zfssa-csi.options" (dict "root" . "name" "default" "options" $settings.options) | fromJson) -}}
{{- end -}}
{{- range $name, $backend := $settings.backends -}}
{{- $names = append $names $name -}}
{{- $_ := set $backend "options" (include "zfssa-csi.options" (dict "root" $ "name" $name "options" $backend.options) | fromJson) -}}
{{- if hasKey $.Values.secrets $name -}}
{{- $_ := set $backend "credentials" (printf "/etc/zfssa/%s" $name) -}}
{{- end -}}
{{- end -}}
{{- range $name, $_ := .Values.secrets -}}
{{- if not (has $name $names) -}}
{{- fail (printf "secrets.%s: settings have no backend of this name: set one of %s" $name (join ", " $names)) -}}
{{- end -}}
{{- end -}}
{{- range $names -}}
{{- if not (hasKey $.Values.secrets .) -}}
{{- fail (printf "secrets.%s is missing: set the name of the Secret with the credentials of this backend" .) -}}
{{- end -}}
{{- end -}}
{{- if .Values.coordination.secret -}}
{{- if not .Values.coordination.url -}}
{{- fail "coordination.url is missing: set it to the members of etcd, or remove coordination.secret" -}}
{{- end -}}
{{- $_ := set $settings "coordination" "/etc/zfssa-coordination" -}}
{{- end -}}
{{- if hasKey $settings "maxVolumesPerNode" -}}
{{- $_ := set $settings "maxVolumesPerNode" (int64 $settings.maxVolumesPerNode) -}}
{{- end -}}
{{- toPrettyJson $settings -}}
{{- end -}}

{{/* Security context of a container that needs no privileges. */}}
{{- define "zfssa-csi.unprivileged" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* A sidecar of the controller that elects a leader: name, port of metrics, and arguments. */}}
{{- define "zfssa-csi.sidecar" -}}
- name: {{ .name }}
  image: {{ .root.Values.sidecars.registry }}/{{ index .root.Values.sidecars .name }}
  imagePullPolicy: {{ .root.Values.image.pullPolicy }}
  args:
    - --csi-address=/csi/csi.sock
    - --v={{ .root.Values.sidecars.logLevel }}
    - --timeout={{ .root.Values.controller.callTimeout }}
    - --leader-election
    - --leader-election-namespace={{ .root.Release.Namespace }}
    - --http-endpoint=:{{ .port }}
    {{- range .args }}
    - {{ . }}
    {{- end }}
  {{- if .environment }}
  env:
    - name: NAMESPACE
      valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
    - name: POD_NAME
      valueFrom: {fieldRef: {fieldPath: metadata.name}}
  {{- end }}
  ports:
    - {name: {{ .name }}, containerPort: {{ .port }}, protocol: TCP}
  # Fails if the sidecar leads and could not renew its lease.
  livenessProbe:
    httpGet: {path: /healthz/leader-election, port: {{ .name }}}
    periodSeconds: 20
    timeoutSeconds: 5
  securityContext:
    {{- include "zfssa-csi.unprivileged" . | nindent 4 }}
  resources:
    {{- toYaml .root.Values.sidecars.resources | nindent 4 }}
  volumeMounts:
    - {name: socket, mountPath: /csi}
{{- end -}}
