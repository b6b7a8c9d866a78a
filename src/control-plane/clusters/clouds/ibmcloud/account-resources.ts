import * as z from 'zod';
import type { CloudIdentity, CloudResource } from '../cloud.ts';
import type { IbmcloudApi } from './ibmcloud-api.ts';
import { type InfraIdsQuery, ibmcloudInfraIdOfName, parseCreatedAt } from './ibmcloud-ownership.ts';
import { allIbmcloudPages, byNextUrl, byPageToken, unpaged } from './ibmcloud-pages.ts';

const GLOBAL = 'global';

const group = z.object({
  id: z.string(),
  crn: z.string(),
  name: z.string(),
  created_at: z.string().optional(),
});
const instance = z.object({
  id: z.string(),
  guid: z.string(),
  crn: z.string(),
  name: z.string(),
  region_id: z.string().optional(),
  resource_group_id: z.string().optional(),
  created_at: z.string().optional(),
});
const reclamation = z.object({
  id: z.string(),
  entity_crn: z.string().optional(),
  resource_group_id: z.string().optional(),
  created_at: z.string().optional(),
});
const serviceId = z.object({
  id: z.string(),
  crn: z.string(),
  name: z.string(),
  created_at: z.string().optional(),
});
const keyDetails = z.object({ account_id: z.string().min(1), iam_id: z.string().min(1) });
const attributes = z.array(
  z.object({ attributes: z.array(z.object({ name: z.string(), value: z.string() })) }),
);
const policy = z.object({
  id: z.string(),
  resources: attributes.default([]),
  created_at: z.string().optional(),
});

/** A service instance, for example of object storage or DNS. */
export type ServiceInstance = z.infer<typeof instance>;

/** Reads the account and the owner of the worker's API key. @throws IbmcloudError CREDENTIALS_MISSING, CREDENTIALS_INVALID */
export async function ibmcloudCallerIdentity(ibmcloud: IbmcloudApi): Promise<CloudIdentity> {
  const target = { service: 'iam' as const, path: '/v1/apikeys/details' };
  const { account_id: account, iam_id: principal } = await ibmcloud.describeApiKey(
    'reading the details of the API key',
    target,
    keyDetails,
  );
  return { account, principal };
}

/** All resource groups of the account; the API does not page. */
export async function accountResourceGroups(
  ibmcloud: IbmcloudApi,
  account: string,
): Promise<z.infer<typeof group>[]> {
  const target = {
    service: 'resource-controller' as const,
    path: '/v2/resource_groups',
    query: { account_id: account },
  };
  return (await ibmcloud.get('listing resource groups', target, z.object({ resources: z.array(group) })))
    .resources;
}

export function accountServiceInstances(ibmcloud: IbmcloudApi): Promise<ServiceInstance[]> {
  const target = { service: 'resource-controller' as const, path: '/v2/resource_instances' };
  return allIbmcloudPages(ibmcloud, 'listing service instances', target, byNextUrl, 'resources', instance);
}

/** @returns the service of an instance, for example `internet-svcs`: the fifth part of its CRN. */
export function serviceName({ crn }: Pick<ServiceInstance, 'crn'>): string {
  return crn.split(':')[4] ?? '';
}

/** The resource groups that the installer created for a cluster: their name is its infraID. */
export function clusterResourceGroups(
  ibmcloud: IbmcloudApi,
  query: InfraIdsQuery,
  groups: readonly z.infer<typeof group>[],
): { readonly resources: CloudResource[]; readonly infraIdOf: ReadonlyMap<string, string> } {
  const own = groups.filter(({ name }) => query.infraIds.includes(name));
  return {
    infraIdOf: new Map(own.map(({ id, name }) => [id, name])),
    resources: own.map(({ id, crn, name, created_at: made }) =>
      toCloudResource(ibmcloud, {
        type: 'resource-controller:resource-group',
        id,
        arn: crn,
        name,
        infraId: name,
        made,
      }),
    ),
  };
}

/** Service instances named after the cluster's infraID or in its resource group, for example object storage. */
export function clusterServiceInstances(
  ibmcloud: IbmcloudApi,
  query: InfraIdsQuery,
  instances: readonly ServiceInstance[],
  groups: ReadonlyMap<string, string>,
): CloudResource[] {
  return instances.flatMap((found) => {
    const infraId =
      ibmcloudInfraIdOfName(found.name, query) ?? groups.get(found.resource_group_id ?? '') ?? null;
    if (infraId === null) return [];
    const type =
      serviceName(found) === 'cloud-object-storage' ? 'cos:instance' : `${serviceName(found)}:instance`;
    const { id, crn: arn, name, region_id: region, created_at: made } = found;
    return [toCloudResource(ibmcloud, { type, id, arn, name, infraId, made, region })];
  });
}

/** Deleted instances that can be restored for seven days; until then their resource group cannot be deleted. */
export async function clusterReclamations(
  ibmcloud: IbmcloudApi,
  account: string,
  groups: ReadonlyMap<string, string>,
): Promise<CloudResource[]> {
  if (groups.size === 0) return [];
  const target = {
    service: 'resource-controller' as const,
    path: '/v1/reclamations',
    query: { account_id: account },
  };
  const { resources } = await ibmcloud.get(
    'listing reclamations',
    target,
    z.object({ resources: z.array(reclamation) }),
  );
  return resources.flatMap(({ id, entity_crn: arn, resource_group_id: of, created_at: made }) => {
    const infraId = groups.get(of ?? '');
    if (infraId === undefined) return [];
    return [
      toCloudResource(ibmcloud, {
        type: 'resource-controller:reclamation',
        id,
        arn: arn ?? id,
        name: id,
        infraId,
        made,
      }),
    ];
  });
}

/** Service IDs that ccoctl creates, named `INFRAID-NAMESPACE-SECRET`. */
export async function clusterServiceIds(
  ibmcloud: IbmcloudApi,
  query: InfraIdsQuery,
  account: string,
): Promise<CloudResource[]> {
  const target = { service: 'iam' as const, path: '/v1/serviceids', query: { account_id: account } };
  const all = await allIbmcloudPages(
    ibmcloud,
    'listing service IDs',
    target,
    byPageToken,
    'serviceids',
    serviceId,
  );
  return all.flatMap(({ id, crn: arn, name, created_at: made }) => {
    const infraId = ibmcloudInfraIdOfName(name, query);
    return infraId === null
      ? []
      : [toCloudResource(ibmcloud, { type: 'iam:service-id', id, arn, name, infraId, made })];
  });
}

/** Authorizations for the cluster's object storage or resource group. They have no name, so they are found only while that exists. */
export async function clusterAuthorizations(
  ibmcloud: IbmcloudApi,
  account: string,
  instances: readonly ServiceInstance[],
  query: InfraIdsQuery,
  groups: ReadonlyMap<string, string>,
): Promise<CloudResource[]> {
  const owners = new Map(groups);
  for (const { guid, name } of instances) {
    const infraId = ibmcloudInfraIdOfName(name, query);
    if (infraId !== null) owners.set(guid, infraId);
  }
  if (owners.size === 0) return [];
  const target = {
    service: 'iam' as const,
    path: '/v1/policies',
    query: { account_id: account, type: 'authorization' },
  };
  const all = await allIbmcloudPages(ibmcloud, 'listing authorizations', target, unpaged, 'policies', policy);
  return all.flatMap(({ id, resources, created_at: made }) => {
    const named = resources
      .flatMap((each) => each.attributes)
      .filter(({ name }) => name === 'serviceInstance' || name === 'resourceGroupId');
    const infraId = named.map(({ value }) => owners.get(value)).find((owner) => owner !== undefined);
    if (infraId === undefined) return [];
    return [
      toCloudResource(ibmcloud, {
        type: 'iam:authorization',
        id,
        arn: `policy:${id}`,
        name: id,
        infraId,
        made,
      }),
    ];
  });
}

interface Found {
  readonly type: string;
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly infraId: string;
  readonly made: string | undefined;
  readonly region?: string | undefined;
}

function toCloudResource(ibmcloud: IbmcloudApi, { made, region = GLOBAL, ...found }: Found): CloudResource {
  return { ...found, region, tags: {}, createdAt: parseCreatedAt(made, ibmcloud.now()) };
}
