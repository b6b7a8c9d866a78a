import * as z from 'zod';
import { withFix } from './profile-problem.ts';

/** A root volume on AWS; size and IOPS of a type are rules of the install-config. */
export const rootVolume = z.strictObject({
  type: z.literal(['gp2', 'gp3', 'io1', 'io2']),
  size: z.int().min(100).max(16_384).meta({ description: 'GiB' }),
  iops: z.int().min(100).max(256_000).optional(),
});

export const zoneName = z
  .string()
  .regex(/^[a-z]{2,4}(-[a-z]+)+-\d[a-z]$/, withFix('is not a zone name', 'use one such as us-east-1a'));

export const kmsKey = z
  .string()
  .regex(
    /^arn:aws:kms:[a-z]{2,4}(-[a-z]+)+-\d:\d{12}:(key\/[A-Za-z0-9-]{1,64}|alias\/[A-Za-z0-9/_-]{1,250})$/,
    withFix(
      'is not the ARN of a KMS key',
      'use one such as arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    ),
  )
  .meta({ description: 'ARN of the KMS key of root volumes (default: the key of the account)' });
