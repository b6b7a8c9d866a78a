import * as z from 'zod';
import type { CloudResource } from '../cloud.ts';
import type { Look } from './look.ts';
import { infraIdOfName, momentOf, type Owner } from './ownership.ts';
import { allPages, byNextUrl, byPageToken, inOnePiece } from './pages.ts';

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
const attributes = z.array(
  z.object({ attributes: z.array(z.object({ name: z.string(), value: z.string() })) }),
);
const policy = z.object({
  id: z.string(),
  resources: attributes.default([]),
  created_at: z.string().optional(),
});

/** A service that somebody ordered: an object storage, a DNS service. */
export type ServiceInstance = z.infer<typeof instance>;

/** All resource groups of the account; the API has no pages. */
export async function resourceGroups(look: Look, account: string): Promise<z.infer<typeof group>[]> {
  const place = {
    service: 'resource-controller' as const,
    path: '/v2/resource_groups',
    query: { account_id: account },
  };
  return (await look.get('listing resource groups', place, z.object({ resources: z.array(group) })))
    .resources;
}

export function serviceInstances(look: Look): Promise<ServiceInstance[]> {
  const place = { service: 'resource-controller' as const, path: '/v2/resource_instances' };
  return allPages(look, 'listing service instances', place, byNextUrl, 'resources', instance);
}

/** @returns the service of an instance, such as `internet-svcs`: the fifth part of its CRN. */
export function serviceOf({ crn }: Pick<ServiceInstance, 'crn'>): string {
  return crn.split(':')[4] ?? '';
}

/** The groups that the installer made for a cluster: they are called like its infraID. */
export function ownGroups(
  look: Look,
  query: Owner,
  groups: readonly z.infer<typeof group>[],
): { readonly resources: CloudResource[]; readonly infraIdOf: ReadonlyMap<string, string> } {
  const own = groups.filter(({ name }) => query.infraIds.includes(name));
  return {
    infraIdOf: new Map(own.map(({ id, name }) => [id, name])),
    resources: own.map(({ id, crn, name, created_at: made }) =>
      resource(look, { type: 'resource-controller:resource-group', id, arn: crn, name, infraId: name, made }),
    ),
  };
}

/** Object storage and whatever else was ordered under the cluster's name or in its group. */
export function ownInstances(
  look: Look,
  query: Owner,
  instances: readonly ServiceInstance[],
  groups: ReadonlyMap<string, string>,
): CloudResource[] {
  return instances.flatMap((found) => {
    const infraId = infraIdOfName(found.name, query) ?? groups.get(found.resource_group_id ?? '') ?? null;
    if (infraId === null) return [];
    const type =
      serviceOf(found) === 'cloud-object-storage' ? 'cos:instance' : `${serviceOf(found)}:instance`;
    const { id, crn: arn, name, region_id: region, created_at: made } = found;
    return [resource(look, { type, id, arn, name, infraId, made, region })];
  });
}

/** Deleted instances that can still be brought back: for seven days they keep their group from being removed. */
export async function ownReclamations(
  look: Look,
  account: string,
  groups: ReadonlyMap<string, string>,
): Promise<CloudResource[]> {
  if (groups.size === 0) return [];
  const place = {
    service: 'resource-controller' as const,
    path: '/v1/reclamations',
    query: { account_id: account },
  };
  const { resources } = await look.get(
    'listing reclamations',
    place,
    z.object({ resources: z.array(reclamation) }),
  );
  return resources.flatMap(({ id, entity_crn: arn, resource_group_id: of, created_at: made }) => {
    const infraId = groups.get(of ?? '');
    if (infraId === undefined) return [];
    return [
      resource(look, {
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

/** What ccoctl makes: `INFRAID-NAMESPACE-SECRET`. */
export async function ownServiceIds(look: Look, query: Owner, account: string): Promise<CloudResource[]> {
  const place = { service: 'iam' as const, path: '/v1/serviceids', query: { account_id: account } };
  const all = await allPages(look, 'listing service IDs', place, byPageToken, 'serviceids', serviceId);
  return all.flatMap(({ id, crn: arn, name, created_at: made }) => {
    const infraId = infraIdOfName(name, query);
    return infraId === null ? [] : [resource(look, { type: 'iam:service-id', id, arn, name, infraId, made })];
  });
}

/** Grants to the cluster's object storage or group; they carry no name, so they are found while that exists. */
export async function ownAuthorizations(
  look: Look,
  account: string,
  instances: readonly ServiceInstance[],
  query: Owner,
  groups: ReadonlyMap<string, string>,
): Promise<CloudResource[]> {
  const owners = new Map(groups);
  for (const { guid, name } of instances) {
    const infraId = infraIdOfName(name, query);
    if (infraId !== null) owners.set(guid, infraId);
  }
  if (owners.size === 0) return [];
  const place = {
    service: 'iam' as const,
    path: '/v1/policies',
    query: { account_id: account, type: 'authorization' },
  };
  const all = await allPages(look, 'listing authorizations', place, inOnePiece, 'policies', policy);
  return all.flatMap(({ id, resources, created_at: made }) => {
    const named = resources
      .flatMap((each) => each.attributes)
      .filter(({ name }) => name === 'serviceInstance' || name === 'resourceGroupId');
    const infraId = named.map(({ value }) => owners.get(value)).find((owner) => owner !== undefined);
    if (infraId === undefined) return [];
    return [resource(look, { type: 'iam:authorization', id, arn: `policy:${id}`, name: id, infraId, made })];
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

function resource(look: Look, { made, region = GLOBAL, ...found }: Found): CloudResource {
  return { ...found, region, tags: {}, createdAt: momentOf(made, look.now()) };
}
