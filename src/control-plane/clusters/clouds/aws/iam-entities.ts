import type { CloudQuery, CloudResource } from '../cloud.ts';
import { type AwsApi, allAwsPages, callUnlessMissing } from './aws-api.ts';
import { GLOBAL_REGION } from './aws-clients.ts';
import { type AwsTags, toAwsTags, withoutForeign } from './aws-ownership.ts';
import { infraIdOfName } from './name-makers.ts';

interface IamEntity {
  readonly kind: 'role' | 'instance-profile' | 'user';
  readonly name: string;
  readonly arn: string;
  readonly createdAt: Date;
}

/** The maximum of one call. Reading tags takes one call per entity: an hour in an account with thousands of roles. */
const PAGE_SIZE = 1_000;

/**
 * Roles, instance profiles and users named after an infraID: listings by tag contain neither roles nor users, nor
 * instance profiles that have lost their tags.
 */
export async function clusterIamEntities(aws: AwsApi, query: CloudQuery): Promise<CloudResource[]> {
  if (query.infraIds.length === 0) return [];
  const candidates = (await accountIamEntities(aws)).flatMap(({ kind, name, arn, createdAt }) => {
    const type = `iam:${kind}` as const;
    const infraId = infraIdOfName(type, name, query.infraIds);
    return infraId === null
      ? []
      : [{ id: name, arn, type, region: GLOBAL_REGION, name, infraId, tags: {}, createdAt }];
  });
  return withoutForeign(candidates, ({ type, name }) => iamTags(aws, type, name), query);
}

/** All roles, instance profiles and users of the account. */
export async function accountIamEntities(aws: AwsApi): Promise<IamEntity[]> {
  return (await Promise.all([roles(aws), instanceProfiles(aws), users(aws)])).flat();
}

/** The identity providers that ccoctl creates, `INFRAID-oidc.s3.REGION.amazonaws.com`. Those behind CloudFront are found by tag only. */
export async function clusterOidcProviders(aws: AwsApi, query: CloudQuery): Promise<CloudResource[]> {
  if (query.infraIds.length === 0) return [];
  return (await accountOidcProviders(aws)).flatMap((arn) => {
    const issuer = arn.slice(arn.indexOf('/') + 1);
    const type = 'iam:oidc-provider';
    const infraId = infraIdOfName(type, issuer, query.infraIds);
    return infraId === null
      ? []
      : [
          {
            id: issuer,
            arn,
            type,
            region: GLOBAL_REGION,
            name: issuer,
            infraId,
            tags: {},
            createdAt: aws.now(),
          },
        ];
  });
}

/** @returns the ARNs of all identity providers of the account; the API does not page. */
export async function accountOidcProviders(aws: AwsApi): Promise<string[]> {
  const { ListOpenIDConnectProvidersCommand } = await import('@aws-sdk/client-iam');
  const client = await aws.clients.iam();
  const { OpenIDConnectProviderList = [] } = await aws.call('listing identity providers', (options) =>
    client.send(new ListOpenIDConnectProvidersCommand({}), options),
  );
  return OpenIDConnectProviderList.flatMap(({ Arn }) => Arn ?? []);
}

async function roles(aws: AwsApi): Promise<IamEntity[]> {
  const { ListRolesCommand } = await import('@aws-sdk/client-iam');
  const client = await aws.clients.iam();
  return allAwsPages(async (pageToken) => {
    const command = new ListRolesCommand(pageAt(pageToken));
    const { Roles = [], Marker } = await aws.call('listing roles', (options) =>
      client.send(command, options),
    );
    return {
      items: Roles.map((role) => toEntity('role', role.RoleName, role.Arn, role.CreateDate)),
      next: Marker,
    };
  });
}

async function instanceProfiles(aws: AwsApi): Promise<IamEntity[]> {
  const { ListInstanceProfilesCommand } = await import('@aws-sdk/client-iam');
  const client = await aws.clients.iam();
  return allAwsPages(async (pageToken) => {
    const command = new ListInstanceProfilesCommand(pageAt(pageToken));
    const { InstanceProfiles = [], Marker } = await aws.call('listing instance profiles', (options) =>
      client.send(command, options),
    );
    const items = InstanceProfiles.map((profile) =>
      toEntity('instance-profile', profile.InstanceProfileName, profile.Arn, profile.CreateDate),
    );
    return { items, next: Marker };
  });
}

async function users(aws: AwsApi): Promise<IamEntity[]> {
  const { ListUsersCommand } = await import('@aws-sdk/client-iam');
  const client = await aws.clients.iam();
  return allAwsPages(async (pageToken) => {
    const command = new ListUsersCommand(pageAt(pageToken));
    const { Users = [], Marker } = await aws.call('listing users', (options) =>
      client.send(command, options),
    );
    return {
      items: Users.map((user) => toEntity('user', user.UserName, user.Arn, user.CreateDate)),
      next: Marker,
    };
  });
}

/** The listings have no tags. Undefined if the entity was deleted meanwhile. */
export async function iamTags(aws: AwsApi, type: string, name: string): Promise<AwsTags | undefined> {
  const sdk = await import('@aws-sdk/client-iam');
  const client = await aws.clients.iam();
  const what = 'reading the tags of an IAM entity';
  return callUnlessMissing(aws, what, ['NoSuchEntityException'], async (options) => {
    if (type === 'iam:role')
      return toAwsTags((await client.send(new sdk.GetRoleCommand({ RoleName: name }), options)).Role?.Tags);
    if (type === 'iam:user')
      return toAwsTags((await client.send(new sdk.GetUserCommand({ UserName: name }), options)).User?.Tags);
    const command = new sdk.GetInstanceProfileCommand({ InstanceProfileName: name });
    return toAwsTags((await client.send(command, options)).InstanceProfile?.Tags);
  });
}

const pageAt = (pageToken: string | undefined) => ({
  MaxItems: PAGE_SIZE,
  ...(pageToken === undefined ? {} : { Marker: pageToken }),
});

const toEntity = (kind: IamEntity['kind'], name = '', arn = '', createdAt = new Date(0)): IamEntity => ({
  kind,
  name,
  arn,
  createdAt,
});
