import type { CloudQuery, CloudResource } from '../cloud.ts';
import { type AwsApi, allAwsPages } from './aws-api.ts';
import { toAwsTags, withoutForeign } from './aws-ownership.ts';
import { infraIdOfName } from './name-makers.ts';

interface AccountBucket {
  readonly name: string;
  readonly region: string;
  readonly createdAt: Date;
}

const PAGE_SIZE = 1_000;

/**
 * Buckets named after an infraID: ccoctl's `INFRAID-oidc`, the image registry's and the bootstrap bucket. Only the
 * account's own buckets are listed, because a bucket of another account may have such a name.
 */
export async function clusterBuckets(aws: AwsApi, query: CloudQuery): Promise<CloudResource[]> {
  if (query.infraIds.length === 0) return [];
  const candidates = (await accountBuckets(aws)).flatMap(({ name, region, createdAt }) => {
    const infraId = infraIdOfName('s3:bucket', name, query.infraIds);
    const type = 's3:bucket';
    return infraId === null
      ? []
      : [{ id: name, arn: `arn:aws:s3:::${name}`, type, region, name, infraId, tags: {}, createdAt }];
  });
  return withoutForeign(candidates, ({ name }) => bucketTags(aws, name), query);
}

export async function bucketTags(aws: AwsApi, name: string) {
  const { GetBucketTaggingCommand } = await import('@aws-sdk/client-s3');
  const client = await aws.clients.s3();
  try {
    const command = new GetBucketTaggingCommand({ Bucket: name });
    const { TagSet } = await aws.call(
      'reading the tags of a bucket',
      (options) => client.send(command, options),
      ['NoSuchTagSet', 'NoSuchBucket'],
    );
    return toAwsTags(TagSet);
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchTagSet') return {};
    if (error instanceof Error && error.name === 'NoSuchBucket') return undefined;
    throw error;
  }
}

/** All buckets of the account, in every region. */
export async function accountBuckets(aws: AwsApi): Promise<AccountBucket[]> {
  const { ListBucketsCommand } = await import('@aws-sdk/client-s3');
  const client = await aws.clients.s3();
  return allAwsPages(async (pageToken) => {
    const command = new ListBucketsCommand({
      MaxBuckets: PAGE_SIZE,
      ...(pageToken === undefined ? {} : { ContinuationToken: pageToken }),
    });
    const { Buckets = [], ContinuationToken } = await aws.call('listing buckets', (options) =>
      client.send(command, options),
    );
    const items = Buckets.map(({ Name = '', BucketRegion = '', CreationDate = new Date(0) }) => ({
      name: Name,
      region: BucketRegion,
      createdAt: CreationDate,
    }));
    return { items, next: ContinuationToken };
  });
}
