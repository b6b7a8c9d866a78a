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

const zoneRole = z
  .string()
  .regex(
    /^arn:aws:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/,
    withFix('is not the ARN of a role', 'use one such as arn:aws:iam::444455556666:role/cluster-zones'),
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
    hostedZone: hostedZone.optional().meta({ description: 'An existing private hosted zone' }),
    hostedZoneRole: zoneRole.optional().meta({
      description:
        'The role with which the hosted zone of another account is used (credentials mode Manual or Passthrough)',
    }),
    zones: z.array(zone).min(1).max(10).optional().meta({
      description: 'Zones of all machines (default: up to three that offer the instance types)',
    }),
  })
  .refine(({ hostedZone: id, hostedZoneRole }) => hostedZoneRole === undefined || id !== undefined, {
    path: ['hostedZoneRole'],
    message: withFix('needs platformConfig.aws.hostedZone', 'add the id of the zone, or remove it'),
  })
  .refine(({ hostedZone: id, subnets }) => id === undefined || subnets !== undefined, {
    path: ['hostedZone'],
    message: withFix('needs platformConfig.aws.subnets', 'add subnets of a VPC with this zone, or remove it'),
  });
