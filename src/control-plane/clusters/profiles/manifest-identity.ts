/** What identifies an object of Kubernetes. */
export interface ManifestIdentity {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string | undefined;
}

/** Kinds of Kubernetes and OpenShift that are not in a namespace, by their group. */
const CLUSTER_SCOPED: readonly { readonly group: RegExp; readonly kind: RegExp }[] = [
  { group: /^$/, kind: /^(?:Namespace|Node|PersistentVolume)$/ },
  { group: /^(?:rbac\.authorization\.k8s|authorization\.openshift)\.io$/, kind: /^ClusterRole(?:Binding)?$/ },
  {
    group: /^(?:apiextensions|scheduling|node|certificates)\.k8s\.io$/,
    kind: /^/,
  },
  { group: /^(?:admissionregistration|apiregistration)\.k8s\.io$/, kind: /^/ },
  { group: /^flowcontrol\.apiserver\.k8s\.io$/, kind: /^/ },
  { group: /^storage\.k8s\.io$/, kind: /^(?!CSIStorageCapacity$)/ },
  { group: /^networking\.k8s\.io$/, kind: /^IngressClass$/ },
  { group: /^(?:config|machineconfiguration|console|user|oauth)\.openshift\.io$/, kind: /^/ },
  { group: /^operator\.openshift\.io$/, kind: /^(?!IngressController$)/ },
  { group: /^(?:imageregistry|samples)\.operator\.openshift\.io$/, kind: /^/ },
  { group: /^security\.openshift\.io$/, kind: /^SecurityContextConstraints$/ },
  { group: /^project\.openshift\.io$/, kind: /^Project$/ },
  { group: /^quota\.openshift\.io$/, kind: /^ClusterResourceQuota$/ },
];

/** @returns whether objects of this kind are known to be in no namespace */
export function isClusterScoped({
  apiVersion,
  kind,
}: Pick<ManifestIdentity, 'apiVersion' | 'kind'>): boolean {
  const group = groupOf(apiVersion);
  return CLUSTER_SCOPED.some((scoped) => scoped.group.test(group) && scoped.kind.test(kind));
}

/**
 * @returns whether two manifests are of one object, whatever the version of its API. One without a namespace is taken for the same as one
 * with any: the kind may be in none, which the API server then ignores, or the namespace may be the default one.
 */
export function isSameObject(a: ManifestIdentity, b: ManifestIdentity): boolean {
  if (groupOf(a.apiVersion) !== groupOf(b.apiVersion) || a.kind !== b.kind || a.name !== b.name) return false;
  if (isClusterScoped(a)) return true;
  return a.namespace === undefined || b.namespace === undefined || a.namespace === b.namespace;
}

/** @returns the group of an API version; empty for the core */
export function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
}
