import type { CloudQuery, CloudResource } from '../cloud.ts';
import { GLOBAL_REGION } from './clients.ts';
import { allPages, type Look } from './look.ts';
import { infraIdOfName } from './ownership.ts';

interface Entity {
  readonly kind: 'role' | 'instance-profile' | 'user';
  readonly name: string;
  readonly arn: string;
  readonly createdAt: Date;
}

/** The most that one call lists; with tags, or one call for each entity, a busy account takes an hour. */
const PAGE_SIZE = 1_000;

/**
 * Roles, instance profiles and users whose name begins with an infraID: listings by tag show neither roles nor users,
 * and nothing finds an instance profile whose tags were lost.
 */
export async function iamEntities(look: Look, query: CloudQuery): Promise<CloudResource[]> {
  if (query.infraIds.length === 0) return [];
  const lists = await Promise.all([roles(look), instanceProfiles(look), users(look)]);
  return lists.flat().flatMap(({ kind, name, arn, createdAt }) => {
    const infraId = infraIdOfName(name, query);
    return infraId === null
      ? []
      : [{ id: name, arn, type: `iam:${kind}`, region: GLOBAL_REGION, name, infraId, tags: {}, createdAt }];
  });
}

/** The identity providers of ccoctl, `INFRAID-oidc.s3.REGION.amazonaws.com`; behind CloudFront only their tag tells. */
export async function oidcProviders(look: Look, query: CloudQuery): Promise<CloudResource[]> {
  if (query.infraIds.length === 0) return [];
  return (await identityProviders(look)).flatMap((arn) => {
    const issuer = arn.slice(arn.indexOf('/') + 1);
    const infraId = query.infraIds.find((id) => issuer.startsWith(`${id}-oidc.`));
    return infraId === undefined
      ? []
      : [
          {
            id: issuer,
            arn,
            type: 'iam:oidc-provider',
            region: GLOBAL_REGION,
            name: issuer,
            infraId,
            tags: {},
            createdAt: look.now(),
          },
        ];
  });
}

/** @returns the ARNs of all identity providers of the account; the API has no pages. */
export async function identityProviders(look: Look): Promise<string[]> {
  const { ListOpenIDConnectProvidersCommand } = await import('@aws-sdk/client-iam');
  const client = await look.clients.iam();
  const { OpenIDConnectProviderList = [] } = await look.ask('listing identity providers', (options) =>
    client.send(new ListOpenIDConnectProvidersCommand({}), options),
  );
  return OpenIDConnectProviderList.flatMap(({ Arn }) => Arn ?? []);
}

async function roles(look: Look): Promise<Entity[]> {
  const { ListRolesCommand } = await import('@aws-sdk/client-iam');
  const client = await look.clients.iam();
  return allPages(async (mark) => {
    const command = new ListRolesCommand(pageAt(mark));
    const { Roles = [], Marker } = await look.ask('listing roles', (options) =>
      client.send(command, options),
    );
    return {
      items: Roles.map((role) => entity('role', role.RoleName, role.Arn, role.CreateDate)),
      next: Marker,
    };
  });
}

async function instanceProfiles(look: Look): Promise<Entity[]> {
  const { ListInstanceProfilesCommand } = await import('@aws-sdk/client-iam');
  const client = await look.clients.iam();
  return allPages(async (mark) => {
    const command = new ListInstanceProfilesCommand(pageAt(mark));
    const { InstanceProfiles = [], Marker } = await look.ask('listing instance profiles', (options) =>
      client.send(command, options),
    );
    const items = InstanceProfiles.map((profile) =>
      entity('instance-profile', profile.InstanceProfileName, profile.Arn, profile.CreateDate),
    );
    return { items, next: Marker };
  });
}

async function users(look: Look): Promise<Entity[]> {
  const { ListUsersCommand } = await import('@aws-sdk/client-iam');
  const client = await look.clients.iam();
  return allPages(async (mark) => {
    const command = new ListUsersCommand(pageAt(mark));
    const { Users = [], Marker } = await look.ask('listing users', (options) =>
      client.send(command, options),
    );
    return {
      items: Users.map((user) => entity('user', user.UserName, user.Arn, user.CreateDate)),
      next: Marker,
    };
  });
}

const pageAt = (mark: string | undefined) => ({
  MaxItems: PAGE_SIZE,
  ...(mark === undefined ? {} : { Marker: mark }),
});

const entity = (kind: Entity['kind'], name = '', arn = '', createdAt = new Date(0)): Entity => ({
  kind,
  name,
  arn,
  createdAt,
});
