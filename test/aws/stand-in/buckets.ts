import type { BucketLocationConstraint } from '@aws-sdk/client-s3';
import { GLOBAL_REGION } from './account.ts';
import { hasName } from './aws-errors.ts';
import { fromAws, type ResourceKind, toAws } from './resource-kind.ts';

const arnOf = (name: string) => `arn:aws:s3:::${name}`;

export const BUCKET: ResourceKind = {
  isGlobal: false,
  async list(account, region) {
    const s3 = await account.s3(region);
    const { Buckets = [] } = await s3.listBuckets({ BucketRegion: region });
    return Promise.all(
      Buckets.map(async ({ Name: name = '' }) => {
        const { TagSet } = await s3.getBucketTagging({ Bucket: name }).catch((thrown: unknown) => {
          if (hasName(thrown, 'NoSuchTagSet')) return { TagSet: [] };
          throw thrown;
        });
        return { id: name, arn: arnOf(name), name, tags: fromAws(TagSet) };
      }),
    );
  },
  async create(account, { name, region, tags }) {
    const s3 = await account.s3(region);
    // S3 rejects a LocationConstraint for us-east-1.
    const location =
      region === GLOBAL_REGION
        ? {}
        : { CreateBucketConfiguration: { LocationConstraint: region as BucketLocationConstraint } };
    await s3.createBucket({ Bucket: name, ...location });
    await s3.putBucketTagging({ Bucket: name, Tagging: { TagSet: toAws(tags) } });
    await s3.putObject({ Bucket: name, Key: 'control-plane/bootstrap.ign', Body: '{"ignition":{}}' });
    return { id: name, arn: arnOf(name) };
  },
  async remove(account, { id, region }) {
    const s3 = await account.s3(region);
    const { Contents = [] } = await s3.listObjectsV2({ Bucket: id });
    for (const { Key } of Contents) await s3.deleteObject({ Bucket: id, Key });
    await s3.deleteBucket({ Bucket: id });
  },
};
