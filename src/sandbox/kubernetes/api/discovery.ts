import type { JsonObject } from '../objects/kube-object.ts';
import { RESOURCE_TYPES, type ResourceType, type Subresource, type Verb } from './resource-types.ts';

/** Kind, group and verbs of the objects of subresources. */
const SUBRESOURCES: Readonly<
  Record<Subresource, { readonly verbs: readonly Verb[]; readonly kind?: readonly [string, string, string] }>
> = {
  status: { verbs: ['get', 'patch', 'update'] },
  scale: { verbs: ['get', 'patch', 'update'], kind: ['autoscaling', 'v1', 'Scale'] },
  approval: { verbs: ['get', 'patch', 'update'] },
  eviction: { verbs: ['create'], kind: ['policy', 'v1', 'Eviction'] },
};

interface GroupVersion {
  readonly group: string;
  readonly version: string;
  readonly types: readonly ResourceType[];
}

function groupVersions(): GroupVersion[] {
  const groups = [...new Set(RESOURCE_TYPES.map(({ group }) => group))];
  return groups.map((group) => {
    const types = RESOURCE_TYPES.filter((type) => type.group === group);
    return { group, version: types[0]?.version ?? '', types };
  });
}

export const AGGREGATED_DISCOVERY_TYPE =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** `/api` or `/apis` as `apidiscovery.k8s.io/v2`: all resources in one document. */
export function aggregatedDiscovery(root: 'api' | 'apis'): JsonObject {
  const items = groupVersions()
    .filter(({ group }) => (group === '') === (root === 'api'))
    .map(({ group, version, types }) => ({
      metadata: { ...(group === '' ? {} : { name: group }), creationTimestamp: null },
      versions: [{ version, freshness: 'Current', resources: types.map(aggregatedResource) }],
    }));
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
}

function aggregatedResource(type: ResourceType): JsonObject {
  const { group, version, kind, plural, singular, namespaced, verbs, shortNames, categories, subresources } =
    type;
  return {
    resource: plural,
    responseKind: { group, version, kind },
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs: [...verbs],
    ...(shortNames.length === 0 ? {} : { shortNames: [...shortNames] }),
    ...(categories.length === 0 ? {} : { categories: [...categories] }),
    ...(subresources.length === 0
      ? {}
      : {
          subresources: subresources.map((name) => {
            const { verbs: allowed, kind: own } = SUBRESOURCES[name];
            const [g, v, k] = own ?? [group, version, kind];
            return {
              subresource: name,
              responseKind: { group: g, version: v, kind: k },
              verbs: [...allowed],
            };
          }),
        }),
  };
}

/** `/api` in the old form. */
export function coreVersions(): JsonObject {
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
}

/** `/apis` in the old form. */
export function groupList(): JsonObject {
  const groups = groupVersions().filter(({ group }) => group !== '');
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(groupOf) };
}

/** `/apis/GROUP`; undefined if there is no such group. */
export function groupDocument(name: string): JsonObject | undefined {
  const found = groupVersions().find(({ group }) => group === name && group !== '');
  return found && { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(found) };
}

function groupOf({ group, version }: GroupVersion): JsonObject {
  const entry = { groupVersion: `${group}/${version}`, version };
  return { name: group, versions: [entry], preferredVersion: entry };
}

/** `/api/v1` or `/apis/GROUP/VERSION`; undefined if there is none. */
export function apiResourceList(group: string, version: string): JsonObject | undefined {
  const found = groupVersions().find((entry) => entry.group === group && entry.version === version);
  if (found === undefined) return undefined;
  const groupVersion = group === '' ? version : `${group}/${version}`;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion,
    resources: found.types.flatMap(resourcesOf),
  };
}

function resourcesOf(type: ResourceType): JsonObject[] {
  const { kind, plural, singular, namespaced, verbs, shortNames, categories, subresources } = type;
  return [
    {
      name: plural,
      singularName: singular,
      namespaced,
      kind,
      verbs: [...verbs],
      ...(shortNames.length === 0 ? {} : { shortNames: [...shortNames] }),
      ...(categories.length === 0 ? {} : { categories: [...categories] }),
    },
    ...subresources.map((name) => {
      const { verbs: allowed, kind: own } = SUBRESOURCES[name];
      const foreign = own === undefined ? {} : { group: own[0], version: own[1] };
      return {
        name: `${plural}/${name}`,
        singularName: '',
        namespaced,
        ...foreign,
        kind: own?.[2] ?? kind,
        verbs: [...allowed],
      };
    }),
  ];
}
