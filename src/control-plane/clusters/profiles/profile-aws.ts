import * as z from 'zod';
import { withFix } from './profile-problem.ts';

const rootVolume = z.strictObject({
  type: z.literal(['gp2', 'gp3', 'io1', 'io2']),
  size: z.int().min(100).max(16_384).meta({ description: 'GiB' }),
  iops: z.int().min(100).max(256_000).optional(),
});

const subnet = z
  .string()
  .regex(
    /^subnet-[0-9a-f]{8,17}$/,
    withFix('is not the id of a subnet', 'use one such as subnet-0a1b2c3d4e5f60718'),
  );
const zone = z
  .string()
  .regex(/^[a-z]{2,4}(-[a-z]+)+-\d[a-z]$/, withFix('is not a zone name', 'use one such as us-east-1a'));
const hostedZone = z
  .string()
  .regex(
    /^Z[0-9A-Z]{1,31}$/,
    withFix('is not the id of a hosted zone', 'use one such as Z0123456789ABCDEFGHIJ'),
  );

/** `platformConfig.aws` of a profile. */
export const awsConfigSchema = z
  .strictObject({
    instanceMetadataService: z.literal(['required', 'optional']).meta({ description: 'IMDSv2 tokens' }),
    rootVolume,
    subnets: z
      .array(subnet)
      .min(1)
      .max(50)
      .optional()
      .meta({ description: 'Existing subnets: no VPC, subnets or NAT gateways are created' }),
    hostedZone: hostedZone
      .optional()
      .meta({ description: 'An existing private hosted zone of the same account' }),
    zones: z.array(zone).min(1).max(10).optional().meta({
      description: 'Zones of all machines (default: up to three that offer the instance types)',
    }),
  })
  .refine(({ hostedZone: id, subnets }) => id === undefined || subnets !== undefined, {
    path: ['hostedZone'],
    message: withFix('needs platformConfig.aws.subnets', 'add subnets of a VPC with this zone, or remove it'),
  });
