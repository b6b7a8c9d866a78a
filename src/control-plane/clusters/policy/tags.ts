import type { FieldProblem } from '../../../contract/error-codes.ts';
import type { Platform, Profile } from '../profiles/profile.ts';
import { TAG_LIMITS, tagValueOf } from './tag-limits.ts';

/** Written by the control plane on every cluster; read-back, orphan scan and cost reports find clusters by them. */
export const SYSTEM_TAG_KEYS = [
  'ManagedBy',
  'ClusterId',
  'ClusterName',
  'Owner',
  'Team',
  'CostCenter',
  'Environment',
  'TTLExpiry',
  'RequestId',
  'Profile',
  'Platform',
] as const;
export type SystemTagKey = (typeof SYSTEM_TAG_KEYS)[number];

const MANAGED_BY = 'cluster-control-plane';

/** What the system tags of one cluster are made of. */
export interface SystemTagSource {
  readonly clusterId: string;
  readonly clusterName: string;
  readonly owner: string;
  readonly team: string;
  readonly costCenter: string;
  /** The deadline at acceptance; the database's `destroyAt` is the truth after an extension. */
  readonly ttlExpiry: Date;
  /** The create job. */
  readonly requestId: string;
}

export interface EffectiveTagsInput {
  readonly profile: Profile;
  readonly userTags: Readonly<Record<string, string>>;
  readonly system: SystemTagSource;
}

/**
 * All tags of a cluster, sorted by key: profile defaults < user < required by the profile < system. The input must
 * have passed `userTagProblems`; system values are made to fit the platform here.
 */
export function effectiveTags({ profile, userTags, system }: EffectiveTagsInput): Record<string, string> {
  const { defaults, required } = profile.tags;
  const merged = { ...defaults, ...userTags, ...required, ...systemTags(profile, system) };
  return Object.fromEntries(Object.entries(merged).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function systemTags(profile: Profile, source: SystemTagSource): Record<SystemTagKey, string> {
  const tags: Record<SystemTagKey, string> = {
    ManagedBy: MANAGED_BY,
    ClusterId: source.clusterId,
    ClusterName: source.clusterName,
    Owner: source.owner,
    Team: source.team,
    CostCenter: source.costCenter,
    Environment: profile.tags.required['Environment'] ?? '',
    TTLExpiry: source.ttlExpiry.toISOString().replace(/\.\d{3}Z$/, 'Z'),
    RequestId: source.requestId,
    Profile: profile.name,
    Platform: profile.platform,
  };
  for (const key of SYSTEM_TAG_KEYS) tags[key] = tagValueOf(tags[key], profile.platform);
  return tags;
}

/** What is wrong with the tags of a request under a profile, all of it. */
export function userTagProblems(
  profile: Profile,
  userTags: Readonly<Record<string, string>>,
): FieldProblem[] {
  const entries = Object.entries(userTags);
  if (entries.length > 0 && !profile.tags.allowUserTags) {
    return [
      {
        field: 'tags',
        code: 'NOT_ALLOWED',
        message: 'this profile takes no tags from requests',
        allowed: [],
      },
    ];
  }
  return [
    ...entries.flatMap(([key, value]) => tagProblems(profile.platform, key, value)),
    ...entries.flatMap(([key, value]) => overrideProblems(profile, key, value)),
    ...countProblems(profile, userTags),
  ];
}

function tagProblems(platform: Platform, key: string, value: string): FieldProblem[] {
  const limits = TAG_LIMITS[platform];
  const reasons: string[] = [];
  if (key === '' || key.length > limits.maxKey) reasons.push(`a key has 1 to ${limits.maxKey} characters`);
  if (value === '' || value.length > limits.maxValue)
    reasons.push(`a value has 1 to ${limits.maxValue} characters`);
  if (key.length + value.length > limits.maxTogether) {
    reasons.push(`key and value together have at most ${limits.maxTogether} characters`);
  }
  if (key !== key.trim()) reasons.push('a key neither begins nor ends with a space');
  if (!limits.key.test(key) || !limits.value.test(value))
    reasons.push(`${platform} tags take ${limits.characters}`);
  const problems = reasons.map((message) => ({ field: fieldOf(key), code: 'INVALID_FORMAT', message }));
  const reserved = reservedReason(key.trim());
  return reserved === undefined
    ? problems
    : [...problems, { field: fieldOf(key), code: 'RESERVED', message: reserved }];
}

/**
 * Keys by which the installer, its destroyer and the platform know whose a resource is: a user tag of that name
 * could hand a resource to the destroy of another cluster.
 */
const RESERVED: readonly { readonly test: RegExp; readonly message: string }[] = [
  { test: /^name$/i, message: 'the key Name is set on each resource by the installer' },
  { test: /^(aws|ibm|kubernetes|openshift):/i, message: 'keys with this prefix belong to the platform' },
  {
    test: /(^|[./])(kubernetes\.io|k8s\.io|openshift\.io)($|\/)/i,
    message: 'this namespace belongs to the cluster',
  },
  { test: /^openshiftclusterid$/i, message: 'the installer finds what it may delete by this key' },
];

function reservedReason(key: string): string | undefined {
  if (isSystemKey(key)) return 'this key is set by the control plane and cannot be chosen';
  return RESERVED.find(({ test }) => test.test(key))?.message;
}

/** Compared without case: some platforms and many reports do not tell `team` from `Team`. */
function isSystemKey(key: string): boolean {
  return SYSTEM_TAG_KEYS.some((system) => system.toLowerCase() === key.toLowerCase());
}

function overrideProblems(profile: Profile, key: string, value: string): FieldProblem[] {
  // A tag may be called `constructor`: look at own keys only.
  const required = Object.hasOwn(profile.tags.required, key) ? profile.tags.required[key] : undefined;
  if (required === undefined || required === value || isSystemKey(key)) return [];
  const message = `the profile requires ${key}=${required}`;
  return [{ field: fieldOf(key), code: 'NOT_ALLOWED', message, allowed: [required] }];
}

function countProblems(profile: Profile, userTags: Readonly<Record<string, string>>): FieldProblem[] {
  const { maxTags } = TAG_LIMITS[profile.platform];
  const ours = new Set<string>([
    ...SYSTEM_TAG_KEYS,
    ...Object.keys(profile.tags.required),
    ...Object.keys(profile.tags.defaults),
  ]);
  const chosen = Object.keys(userTags).filter((key) => !ours.has(key)).length;
  const room = maxTags - ours.size;
  if (chosen <= room) return [];
  const message = `${chosen} tags are too many: of ${maxTags} in all, ${ours.size} are set by the profile and the control plane`;
  return [{ field: 'tags', code: 'TOO_MANY', message, allowed: [`0..${Math.max(room, 0)}`] }];
}

function fieldOf(key: string): string {
  return `tags.${key}`;
}
