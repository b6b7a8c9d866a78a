import * as z from 'zod';
import type { CloudResource } from '../cloud.ts';
import type { IbmcloudApi } from './ibmcloud-api.ts';
import {
  type InfraIdsQuery,
  ibmcloudInfraIdOfName,
  ibmcloudInfraIdOfTags,
  parseCreatedAt,
  tagMap,
} from './ibmcloud-ownership.ts';
import { allIbmcloudPages, byNextHref } from './ibmcloud-pages.ts';

/** Collections of the VPC API and the type of their items. */
const KINDS = {
  instances: 'is:instance',
  load_balancers: 'is:load-balancer',
  volumes: 'is:volume',
  floating_ips: 'is:floating-ip',
  public_gateways: 'is:public-gateway',
  subnets: 'is:subnet',
  security_groups: 'is:security-group',
  images: 'is:image',
  keys: 'is:key',
  vpcs: 'is:vpc',
} as const;
type Kind = keyof typeof KINDS;

const item = z.object({
  id: z.string(),
  crn: z.string(),
  name: z.string(),
  created_at: z.string().optional(),
  user_tags: z.array(z.string()).default([]),
  resource_group: z.object({ id: z.string() }).optional(),
  /** Of load balancers: the target of DNS records. */
  hostname: z.string().optional(),
});
type Item = z.infer<typeof item>;

/** @param groups infraID by the id of the resource group created for it; everything in such a group belongs to the cluster */
export async function vpcResources(
  ibmcloud: IbmcloudApi,
  query: InfraIdsQuery & { readonly regions: readonly string[] },
  groups: ReadonlyMap<string, string>,
): Promise<CloudResource[]> {
  const lists = await Promise.all(
    query.regions.flatMap((region) =>
      (Object.keys(KINDS) as Kind[]).map(async (kind) =>
        (await listKind(ibmcloud, region, kind)).flatMap((found) => {
          const infraId =
            ibmcloudInfraIdOfName(found.name, query) ??
            ibmcloudInfraIdOfTags(found.user_tags, query) ??
            groups.get(found.resource_group?.id ?? '') ??
            null;
          return infraId === null ? [] : [toResource(ibmcloud, region, kind, found, infraId)];
        }),
      ),
    ),
  );
  return lists.flat();
}

/** Hostnames of load balancers of other infraIDs. A DNS record that points to one is not the cluster's (G5). */
export async function foreignHostnames(
  ibmcloud: IbmcloudApi,
  query: InfraIdsQuery & { readonly regions: readonly string[] },
): Promise<Set<string>> {
  const lists = await Promise.all(
    query.regions.map((region) => listKind(ibmcloud, region, 'load_balancers')),
  );
  return new Set(
    lists.flat().flatMap(({ name, hostname }) => {
      return hostname === undefined || ibmcloudInfraIdOfName(name, query) !== null ? [] : [hostname];
    }),
  );
}

function listKind(ibmcloud: IbmcloudApi, region: string, kind: Kind): Promise<Item[]> {
  const target = {
    service: 'vpc' as const,
    region,
    path: `/v1/${kind}`,
    // Public images are thousands, and none is a cluster's.
    ...(kind === 'images' ? { query: { visibility: 'private' } } : {}),
  };
  return allIbmcloudPages(
    ibmcloud,
    `listing ${kind.replaceAll('_', ' ')} in ${region}`,
    target,
    byNextHref,
    kind,
    item,
  );
}

function toResource(
  ibmcloud: IbmcloudApi,
  region: string,
  kind: Kind,
  found: Item,
  infraId: string,
): CloudResource {
  return {
    id: found.id,
    arn: found.crn,
    type: KINDS[kind],
    region,
    name: found.name,
    infraId,
    tags: tagMap(found.user_tags),
    createdAt: parseCreatedAt(found.created_at, ibmcloud.now()),
  };
}
