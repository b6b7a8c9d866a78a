import * as z from 'zod';
import { networkingSchema } from './profile-networking.ts';

/**
 * The schema of a cluster profile. Each field is read by the policy, the install-config or the price of a cluster
 * (test/repository/readers.test.ts); unknown fields are rejected.
 */

const DNS_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$/;

const text = (maxLength: number) => z.string().min(1).max(maxLength);
const dollars = z.number().positive().max(1_000_000).meta({ description: 'US dollars' });
const hours = z.int().min(1).max(8760);

const version = z
  .string()
  .regex(
    /^4\.\d{1,3}\.\d{1,3}(-(ec|fc|rc)\.\d{1,3})?$/,
    'must be an exact OpenShift release such as "4.20.3"',
  );
const region = z.string().regex(/^[a-z]{2,4}(-[a-z]+)+(-\d)?$/, 'must be a region name such as us-east-1');
const domain = z
  .string()
  .max(253)
  .regex(DNS_NAME, 'must be a lower-case DNS domain such as labs.example.com');

/** The allowed values and the default. */
function choiceSchema(item: z.ZodString) {
  return z
    .strictObject({ allowlist: z.array(item).min(1), default: item })
    .refine((value) => value.allowlist.includes(value.default), {
      path: ['default'],
      message: 'must be in the allowlist',
    })
    .refine((value) => new Set(value.allowlist).size === value.allowlist.length, {
      path: ['allowlist'],
      message: 'must not have duplicates',
    });
}

const controlPlane = z.strictObject({
  replicas: z.literal([1, 3, 5], 'must be 1, 3 or 5: etcd needs an odd number'),
  instanceType: text(64),
  schedulable: z.boolean().meta({ description: 'Whether workloads can run on the control plane' }),
});

const workers = z.strictObject({ replicas: z.int().min(0).max(500), instanceType: text(64) });

const compute = z
  .strictObject({ controlPlane, workers })
  .refine((value) => value.workers.replicas > 0 || value.controlPlane.schedulable, {
    path: ['controlPlane', 'schedulable'],
    message: 'must be true if workers.replicas is 0, because workloads need a node',
  });

const lifecycle = z
  .strictObject({
    maxTTLHours: hours,
    defaultTTLHours: hours,
    allowCustomTTL: z.boolean(),
  })
  .refine((value) => value.defaultTTLHours <= value.maxTTLHours, {
    path: ['defaultTTLHours'],
    message: 'must not exceed maxTTLHours',
  });

const tagMap = z.record(z.string().min(1).max(128), z.string().min(1).max(256));
const tags = z
  .strictObject({ required: tagMap, defaults: tagMap, allowUserTags: z.boolean() })
  .refine((value) => 'Environment' in value.required, {
    path: ['required'],
    message: 'must contain Environment, for example "Environment: test"',
  });

const features = z.strictObject({ fipsMode: z.boolean(), privateCluster: z.boolean() });

const costControls = z.strictObject({ estimatedHourlyCost: dollars, maxMonthlyCost: dollars });

const rootVolume = z
  .strictObject({
    type: z.literal(['gp2', 'gp3', 'io1', 'io2']),
    size: z.int().min(100).max(16_384).meta({ description: 'GiB' }),
    iops: z.int().min(100).max(64_000).optional(),
  })
  .refine(({ type, iops }) => (type === 'gp2' ? iops === undefined : type === 'gp3' || iops !== undefined), {
    path: ['iops'],
    message: 'is required for io1 and io2, optional for gp3, and not allowed for gp2',
  });

const awsConfig = z.strictObject({
  instanceMetadataService: z.literal(['required', 'optional']).meta({ description: 'IMDSv2 tokens' }),
  rootVolume,
});

const ibmcloudConfig = z
  .strictObject({
    resourceGroup: text(40)
      .optional()
      .meta({ description: 'An existing resource group (default: one per cluster)' }),
    networkResourceGroup: text(40).optional(),
    vpcName: text(63).optional(),
    controlPlaneSubnets: z.array(text(63)).min(1).optional(),
    computeSubnets: z.array(text(63)).min(1).optional(),
  })
  .refine((value) => allOrNone(value.vpcName, value.controlPlaneSubnets, value.computeSubnets), {
    path: ['vpcName'],
    message: 'vpcName, controlPlaneSubnets and computeSubnets must be set together',
  })
  .refine((value) => value.networkResourceGroup === undefined || value.vpcName !== undefined, {
    path: ['networkResourceGroup'],
    message: 'requires vpcName: it is the resource group of an existing VPC',
  });

function allOrNone(...values: readonly unknown[]): boolean {
  return new Set(values.map((value) => value !== undefined)).size === 1;
}

function name(prefix: string) {
  return z
    .string()
    .max(63)
    .regex(new RegExp(`^${prefix}-[a-z0-9]([-a-z0-9]*[a-z0-9])?$`), `must start with "${prefix}-"`);
}

const common = {
  displayName: text(80),
  description: text(500),
  enabled: z.boolean(),
  openshiftVersions: choiceSchema(version),
  regions: choiceSchema(region),
  baseDomains: choiceSchema(domain),
  compute,
  lifecycle,
  networking: networkingSchema.optional(),
  features,
  costControls,
};

const awsProfile = z.strictObject({
  name: name('aws'),
  platform: z.literal('aws'),
  ...common,
  tags,
  platformConfig: z.strictObject({ aws: awsConfig }),
});

/** Without `tags`: the installer attaches no tags to what it creates in IBM Cloud. */
const ibmcloudProfile = z.strictObject({
  name: name('ibm'),
  platform: z.literal('ibmcloud'),
  ...common,
  platformConfig: z.strictObject({ ibmcloud: ibmcloudConfig }),
});

export const profileSchema = z
  .discriminatedUnion('platform', [awsProfile, ibmcloudProfile], { error: 'must be aws or ibmcloud' })
  .superRefine((profile, context) => {
    if (profile.platform === 'ibmcloud' && profile.platformConfig.ibmcloud.vpcName !== undefined) {
      if (profile.regions.allowlist.length > 1) {
        context.addIssue({
          code: 'custom',
          path: ['regions', 'allowlist'],
          message:
            'must have one region only, because the VPC (platformConfig.ibmcloud.vpcName) is in one region',
        });
      }
    }
    const { estimatedHourlyCost, maxMonthlyCost } = profile.costControls;
    if (estimatedHourlyCost * profile.lifecycle.defaultTTLHours > maxMonthlyCost) {
      context.addIssue({
        code: 'custom',
        path: ['costControls', 'maxMonthlyCost'],
        message: 'must be at least estimatedHourlyCost x defaultTTLHours, or no request is accepted',
      });
    }
  });

export type Profile = z.infer<typeof profileSchema>;
export type AwsProfile = Extract<Profile, { platform: 'aws' }>;
export type IbmcloudProfile = Extract<Profile, { platform: 'ibmcloud' }>;
export type Platform = Profile['platform'];
