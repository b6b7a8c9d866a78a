import * as z from 'zod';
import { awsConfigSchema } from './profile-aws.ts';
import { egressFault, egressFields } from './profile-egress.ts';
import { fragmentSchema } from './profile-fragment.ts';
import { computeSchema } from './profile-machines.ts';
import type { ProfileManifest } from './profile-manifests.ts';
import { awsFaults, ibmcloudFaults } from './profile-platform-rules.ts';
import { withFix } from './profile-problem.ts';
import { releaseFaults, releaseImage, version } from './profile-release.ts';
import { settableList } from './profile-settable.ts';

/**
 * The schema of a cluster profile. Each field is read by the policy, the install-config or the price of a cluster
 * (test/repository/readers.test.ts); unknown fields are rejected.
 */

/** Labels of at most 63 characters (RFC 1035); Route 53 rejects longer ones. */
const DNS_NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)+$/;

const text = (maxLength: number) => z.string().min(1).max(maxLength);
const dollars = z.number().positive().max(1_000_000).meta({ description: 'US dollars' });
const hours = z.int().min(1).max(8760);

/** Hours before the deadline at which a cluster gets its warning when its profile does not say. */
export const DEFAULT_WARNING_HOURS = 1;

const region = z
  .string()
  .regex(/^[a-z]{2,4}(-[a-z]+)+(-\d)?$/, withFix('is not a region name', 'use one such as us-east-1'));
const domain = z
  .string()
  .max(253)
  .regex(DNS_NAME, withFix('is not a lower-case DNS domain', 'use one such as labs.example.com'));

/** The allowed values and the default. */
function choiceSchema(item: z.ZodString) {
  return z
    .strictObject({ allowlist: z.array(item).min(1), default: item })
    .refine((value) => value.allowlist.includes(value.default), {
      path: ['default'],
      message: withFix('is not in the allowlist', 'use a value of the allowlist, or add this one to it'),
    })
    .superRefine(({ allowlist }, context) => {
      const repeated = allowlist.find((value, index) => allowlist.indexOf(value) < index);
      if (repeated === undefined) return;
      const message = withFix(`has ${repeated} twice`, 'remove one of them');
      context.addIssue({ code: 'custom', path: ['allowlist'], message });
    });
}

const cidr = z
  .string()
  .regex(
    /^(\d{1,3}\.){3}\d{1,3}\/\d{1,2}$/,
    withFix('is not an IPv4 network', 'use one such as 10.0.0.0/16'),
  );

/** The form of the networks; sizes and overlaps are rules of the install-config. */
const networking = z.strictObject({
  networkType: z.literal('OVNKubernetes'),
  clusterNetworks: z.array(z.strictObject({ cidr, hostPrefix: z.int().min(1).max(32) })).min(1),
  serviceNetwork: z.array(cidr).length(1),
  machineNetwork: z.array(z.strictObject({ cidr })).min(1),
});

const lifecycle = z
  .strictObject({
    maxTTLHours: hours,
    defaultTTLHours: hours,
    allowCustomTTL: z.boolean(),
    warnBeforeDestroyHours: hours
      .default(DEFAULT_WARNING_HOURS)
      .meta({ description: 'Warn this many hours before a cluster expires (default: 1)' }),
  })
  .refine((value) => value.defaultTTLHours <= value.maxTTLHours, {
    path: ['defaultTTLHours'],
    message: withFix('exceeds maxTTLHours', 'use a shorter default, or a longer maximum'),
  })
  .refine((value) => value.warnBeforeDestroyHours <= value.maxTTLHours, {
    path: ['warnBeforeDestroyHours'],
    message: withFix('exceeds maxTTLHours: no cluster would be warned of', 'use fewer hours'),
  });

const tagMap = z.record(z.string().min(1).max(128), z.string().min(1).max(256));
const tags = z
  .strictObject({ required: tagMap, defaults: tagMap, allowUserTags: z.boolean() })
  .refine((value) => 'Environment' in value.required, {
    path: ['required'],
    message: withFix('must contain Environment', 'add it, for example "Environment: test"'),
  });

const features = z.strictObject({ fipsMode: z.boolean(), privateCluster: z.boolean() });

const costControls = z.strictObject({
  estimatedHourlyCost: dollars,
  maxMonthlyCost: dollars,
  budgetAlertThreshold: z.int().min(1).max(100).optional().meta({
    description:
      'Percent of maxMonthlyCost: an alert when a cluster has cost so much in a month (default: 80)',
  }),
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
    message: withFix(
      'needs vpcName, controlPlaneSubnets and computeSubnets together',
      'set all three, or none',
    ),
  })
  .refine((value) => value.networkResourceGroup === undefined || value.vpcName !== undefined, {
    path: ['networkResourceGroup'],
    message: withFix(
      'needs vpcName: it is the resource group of an existing VPC',
      'set vpcName, or remove it',
    ),
  });

function allOrNone(...values: readonly unknown[]): boolean {
  return new Set(values.map((value) => value !== undefined)).size === 1;
}

function name(prefix: string) {
  return z
    .string()
    .max(63)
    .regex(
      new RegExp(`^${prefix}-[a-z0-9]([-a-z0-9]*[a-z0-9])?$`),
      withFix(`does not begin with "${prefix}-"`, `use a name such as ${prefix}-small`),
    );
}

const common = {
  displayName: text(80),
  description: text(500),
  enabled: z.boolean(),
  openshiftVersions: choiceSchema(version),
  releaseImage: releaseImage.optional(),
  regions: choiceSchema(region),
  baseDomains: choiceSchema(domain),
  compute: computeSchema,
  lifecycle,
  networking: networking.optional(),
  features,
  costControls,
  ...egressFields,
  installConfig: fragmentSchema.optional(),
  settable: settableList.optional(),
  manifestsDir: z.string().min(1).max(1024).optional().meta({
    description: 'Folder of manifests that are added to those of the installer, relative to the profile',
  }),
};

const awsProfile = z.strictObject({
  name: name('aws'),
  platform: z.literal('aws'),
  ...common,
  tags,
  platformConfig: z.strictObject({ aws: awsConfigSchema }),
});

/** Without `tags`: the installer attaches no tags to what it creates in IBM Cloud. */
const ibmcloudProfile = z.strictObject({
  name: name('ibm'),
  platform: z.literal('ibmcloud'),
  ...common,
  platformConfig: z.strictObject({ ibmcloud: ibmcloudConfig }),
});

export const profileSchema = z
  .discriminatedUnion('platform', [awsProfile, ibmcloudProfile], {
    error: withFix('is not a platform', 'use aws or ibmcloud'),
  })
  .superRefine((profile, context) => {
    const faults = profile.platform === 'aws' ? awsFaults(profile) : ibmcloudFaults(profile);
    for (const { path, message } of [...faults, ...releaseFaults(profile)])
      context.addIssue({ code: 'custom', path: [...path], message });
    const egress = egressFault(profile);
    if (egress !== undefined) context.addIssue({ code: 'custom', ...egress });
    const { estimatedHourlyCost, maxMonthlyCost } = profile.costControls;
    if (estimatedHourlyCost * profile.lifecycle.defaultTTLHours > maxMonthlyCost) {
      context.addIssue({
        code: 'custom',
        path: ['costControls', 'maxMonthlyCost'],
        message: withFix(
          'is less than estimatedHourlyCost x defaultTTLHours, so no request would be accepted',
          'raise it, or shorten defaultTTLHours',
        ),
      });
    }
  });

/** A profile with the content of the files that it names. */
export type Profile = z.infer<typeof profileSchema> & {
  /** The files of `manifestsDir`, sorted by name. */
  readonly manifests?: readonly ProfileManifest[];
};
export type AwsProfile = Extract<Profile, { platform: 'aws' }>;
export type IbmcloudProfile = Extract<Profile, { platform: 'ibmcloud' }>;
export type Platform = Profile['platform'];

/** @returns whether clusters are installed into existing subnets: then no network, gateway or address is created */
export function hasExistingNetwork({ platformConfig }: Profile): boolean {
  return 'aws' in platformConfig
    ? platformConfig.aws.subnets !== undefined
    : platformConfig.ibmcloud.vpcName !== undefined;
}
