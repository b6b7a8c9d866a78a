import { isObject } from '../../../contract/documents.ts';
import { groupOf, isClusterScoped, type ManifestIdentity } from './manifest-identity.ts';
import type { FieldPath } from './profile-yaml.ts';

/** What is wrong with a manifest, with its field. */
export interface ManifestFault {
  readonly path: FieldPath;
  readonly message: string;
  readonly fix: string;
}

interface KindRule {
  /** The group without its version; empty for the core. */
  readonly group: RegExp;
  readonly kind: RegExp;
  /** The field that the rule is about. Without it, the kind as a whole. */
  readonly field?: FieldPath;
  readonly reason: string;
  readonly fix: string;
}

const UNCOUNTED = 'makes machines that cost, quotas and scale do not count';
const NOT_FOUND = 'makes DNS records outside of the domain of the cluster, which its destroy would not find';
const SECRET = 'would be readable by everybody who reads the profile: manifests are not sealed';
const BY_INSTALLER = 'is written by the installer';

const LIST = 'is a list of objects';
const ONE_OBJECT = 'use one file for each';

/** What the cost, the credentials and the verified destroy of a cluster depend on. */
const KIND_RULES: readonly KindRule[] = [
  ...['data', 'stringData'].map((field) => ({
    group: /^$/,
    kind: /^Secret$/,
    field: [field],
    reason: SECRET,
    fix: 'create the secret when the cluster is ready',
  })),
  { group: /^$/, kind: /List$/, reason: LIST, fix: ONE_OBJECT },
  // Kubernetes takes every object with this field for a list, whatever its kind.
  { group: /^/, kind: /^/, field: ['items'], reason: LIST, fix: ONE_OBJECT },
  {
    group: /^machine\.openshift\.io$/,
    kind: /^(?:Machine|MachineSet|ControlPlaneMachineSet)$/,
    reason: UNCOUNTED,
    fix: 'use compute.pools of the profile',
  },
  {
    group: /(?:^|\.)cluster\.x-k8s\.io$/,
    kind: /./,
    reason: UNCOUNTED,
    fix: 'use compute.pools of the profile',
  },
  {
    group: /^autoscaling\.openshift\.io$/,
    kind: /^MachineAutoscaler$/,
    reason: UNCOUNTED,
    fix: 'remove it, and use ocpctl scale',
  },
  {
    group: /^config\.openshift\.io$/,
    kind: /^Proxy$/,
    reason: BY_INSTALLER,
    fix: 'use proxy of the profile',
  },
  {
    group: /^config\.openshift\.io$/,
    kind: /^Scheduler$/,
    reason: BY_INSTALLER,
    fix: 'use compute.controlPlane.schedulable of the profile',
  },
  {
    group: /^config\.openshift\.io$/,
    kind: /^Network$/,
    reason: BY_INSTALLER,
    fix: 'use networking of the profile, or a Network of operator.openshift.io/v1',
  },
  {
    group: /^config\.openshift\.io$/,
    kind: /^(?:Infrastructure|DNS|Ingress|ClusterVersion|Authentication)$/,
    reason: BY_INSTALLER,
    fix: 'remove it',
  },
  {
    group: /^operator\.openshift\.io$/,
    kind: /^CloudCredential$/,
    reason: 'changes the credentials that the server has chosen',
    fix: 'remove it; the mode is a setting of the server',
  },
  {
    group: /^operator\.openshift\.io$/,
    kind: /^IngressController$/,
    field: ['spec', 'domain'],
    reason: NOT_FOUND,
    fix: 'remove it',
  },
  { group: /^ingress\.operator\.openshift\.io$/, kind: /^DNSRecord$/, reason: NOT_FOUND, fix: 'remove it' },
];

/** Files of openshift-install 4.20 and ccoctl in `manifests` and `openshift`; others are found by the create job. */
const INSTALLER_FILES: readonly RegExp[] = [
  /^cluster-(?:config|proxy-01-config|authentication-02-config|ingress-default-ingresscontroller)\.ya?ml$/,
  /^cluster-(?:dns|infrastructure|ingress|network|scheduler)-0[12]-(?:config|crd)\.ya?ml$/,
  /^(?:cloud-provider-config|kube-cloud-config|cvo-overrides|user-ca-bundle-config)\.yaml$/,
  /^(?:kube-system-configmap-root-ca|machine-config-server-tls-secret|openshift-config-secret-pull-secret)\.yaml$/,
  /^(?:image-content-source-policy|image-digest-mirror-set|openshift-install-manifests)\.yaml$/,
  /^99_(?:openshift-cluster-api_|openshift-machine-api_|openshift-machineconfig_99-(?:master|worker)-ssh)/,
  /^99_(?:kubeadmin-password-secret|cloud-creds-secret|role-cloud-creds-secret-reader|feature-gate)\.yaml$/,
  /-credentials\.yaml$/,
];

const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}\.(?:ya?ml|json)$/;

/** @returns what is wrong with the name of a manifest file */
export function fileNameFault(file: string): ManifestFault | undefined {
  if (!FILE_NAME.test(file)) {
    return { path: [], message: 'is not the name of a manifest', fix: 'use one such as chrony.yaml' };
  }
  if (!INSTALLER_FILES.some((pattern) => pattern.test(file))) return undefined;
  return { path: [], message: 'is the name of a file of the installer', fix: 'rename it' };
}

/** @returns identity of a manifest, or what is wrong with it. @param options.kinds whether all kinds are permitted, or those of a profile */
export function checkManifest(
  content: unknown,
  { kinds = 'permitted' }: { readonly kinds?: 'any' | 'permitted' } = {},
): { readonly identity: ManifestIdentity } | { readonly faults: readonly ManifestFault[] } {
  const { apiVersion, kind, metadata } = isObject(content) ? content : {};
  const { name, namespace } = isObject(metadata) ? metadata : {};
  if (!isText(apiVersion) || !isText(kind) || !isText(name)) {
    const missing: ManifestFault[] = [];
    if (!isText(apiVersion)) missing.push(noText(['apiVersion'], 'v1'));
    if (!isText(kind)) missing.push(noText(['kind'], 'ConfigMap'));
    if (!isText(name)) missing.push(noText(['metadata', 'name'], 'chrony'));
    return { faults: missing };
  }
  if (namespace !== undefined && !isText(namespace))
    return { faults: [noText(['metadata', 'namespace'], 'default')] };
  const faults = kinds === 'any' ? [] : kindFaults(content, apiVersion, kind);
  if (kinds === 'permitted' && namespace !== undefined && isClusterScoped({ apiVersion, kind })) {
    const message = `is set, but ${kind} is cluster-scoped`;
    faults.push({ path: ['metadata', 'namespace'], message, fix: 'remove it' });
  }
  return faults.length > 0 ? { faults } : { identity: { apiVersion, kind, name, namespace } };
}

function kindFaults(content: unknown, apiVersion: string, kind: string): ManifestFault[] {
  const group = groupOf(apiVersion);
  return KIND_RULES.flatMap((rule) => {
    if (!rule.group.test(group) || !rule.kind.test(kind)) return [];
    const { field, reason, fix } = rule;
    if (field === undefined) return [{ path: ['kind'], message: `"${kind}" ${reason}`, fix }];
    return valueAt(content, field) === undefined ? [] : [{ path: field, message: reason, fix }];
  });
}

function noText(path: FieldPath, example: string): ManifestFault {
  return { path, message: 'is missing, or not text', fix: `add it, for example ${example}` };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function valueAt(content: unknown, path: FieldPath): unknown {
  return path.reduce<unknown>((value, part) => (isObject(value) ? value[String(part)] : undefined), content);
}
