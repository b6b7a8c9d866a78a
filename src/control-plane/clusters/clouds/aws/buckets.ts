import type { CloudQuery, CloudResource } from '../cloud.ts';
import { type AwsApi, allAwsPages } from './aws-api.ts';
import { awsInfraIdOfName } from './aws-ownership.ts';

interface AccountBucket {
  readonly name: string;
  readonly region: string;
  readonly createdAt: Date;
}

const PAGE_SIZE = 1_000;
const BOOTSTRAP_PREFIX = 'openshift-bootstrap-data-';

/**
 * Buckets named after an infraID: ccoctl's `INFRAID-oidc`, the image registry's and the bootstrap bucket. Only the
 * account's own buckets are listed, because a bucket of another account may have such a name.
 */
export async function clusterBuckets(aws: AwsApi, query: CloudQuery): Promise<CloudResource[]> {
  if (query.infraIds.length === 0) return [];
  return (await accountBuckets(aws)).flatMap(({ name, region, createdAt }) => {
    const infraId =
      query.infraIds.find((id) => name === `${BOOTSTRAP_PREFIX}${id}`) ?? awsInfraIdOfName(name, query);
    return infraId === null
      ? []
      : [
          {
            id: name,
            arn: `arn:aws:s3:::${name}`,
            type: 's3:bucket',
            region,
            name,
            infraId,
            tags: {},
            createdAt,
          },
        ];
  });
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
