import * as z from 'zod';
import { kmsKey, rootVolume, zoneName } from './profile-aws-values.ts';
import { withFix } from './profile-problem.ts';

const subnet = z
  .string()
  .regex(
    /^subnet-[0-9a-f]{8,17}$/,
    withFix('is not the id of a subnet', 'use one such as subnet-0a1b2c3d4e5f60718'),
  );
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
    kmsKey: kmsKey.optional(),
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
    zones: z.array(zoneName).min(1).max(10).optional().meta({
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
