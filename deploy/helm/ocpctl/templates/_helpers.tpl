{{- define "ocpctl.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "ocpctl.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "ocpctl.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .role }}
{{- end }}

{{- define "ocpctl.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{- define "ocpctl.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- define "ocpctl.podSecurity" -}}
runAsNonRoot: true
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{/* Settings that all roles share. */}}
{{- define "ocpctl.environment" -}}
- name: DATABASE_URL
  valueFrom: { secretKeyRef: { name: {{ .Values.secrets.database }}, key: url } }
- { name: OCPCTL_DATA_DIR, value: /var/lib/ocpctl }
- { name: OCPCTL_KEY_DIR, value: /run/ocpctl/keys }
- { name: HOME, value: /var/lib/ocpctl }
- { name: OCPCTL_METRICS_LISTEN, value: '0.0.0.0:9464' }
- { name: OCPCTL_ARTIFACTS, value: {{ .Values.artifacts | quote }} }
- { name: OCPCTL_AWS_REGION, value: {{ .Values.awsRegion | quote }} }
- { name: OCPCTL_AUTH_MODES, value: {{ .Values.auth.modes | quote }} }
{{- with .Values.auth.awsAccounts }}
- { name: OCPCTL_AWS_ACCOUNTS, value: {{ . | quote }} }
{{- end }}
{{- with .Values.publicHosts }}
- { name: OCPCTL_PUBLIC_HOSTS, value: {{ . | quote }} }
{{- end }}
{{- with .Values.auditAnchors }}
- { name: OCPCTL_AUDIT_ANCHORS, value: {{ . | quote }} }
{{- end }}
{{- with .Values.queueUrl }}
- { name: OCPCTL_SQS_QUEUE_URL, value: {{ . | quote }} }
{{- end }}
{{- range $name, $value := .Values.settings }}
- { name: {{ $name }}, value: {{ $value | quote }} }
{{- end }}
{{- end }}
