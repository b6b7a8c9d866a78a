import type { FieldProblem } from '../../../contract/error-codes.ts';
import type { AwsProfile, Profile } from '../profiles/profile.ts';
import { awsTagFaults, sameKeyInOtherCase, TAG_LIMITS } from './aws-tags.ts';

/** Request fields that become tags. */
export const TAG_VALUE = /^[0-9A-Za-z _.:/=+\-@]{1,100}$/;

/** @returns `text` as a valid tag value: other characters are replaced by "-", and it is never empty. */
export function tagValueOf(text: string): string {
  const clean = Array.from(text, (character) => (TAG_LIMITS.allowed.test(character) ? character : '-')).join(
    '',
  );
  return clean.slice(0, 100) || '-';
}

/** Set by the control plane on every cluster; the read-back and cost reports find resources by them. */
export const SYSTEM_TAG_KEYS = [
  'ManagedBy',
  'InstallationId',
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

/** Values of the system tags of a cluster. */
export interface SystemTagSource {
  readonly installationId: string;
  readonly clusterId: string;
  readonly clusterName: string;
  readonly owner: string;
  readonly team: string;
  readonly costCenter: string;
  /** Expiry at acceptance. The tag is not updated by an extension; `destroyAt` in the database is authoritative. */
  readonly ttlExpiry: Date;
  /** Id of the create job. */
  readonly requestId: string;
}

export interface EffectiveTagsInput {
  readonly profile: Profile;
  readonly userTags: Readonly<Record<string, string>>;
  readonly system: SystemTagSource;
}

/**
 * All tags of a cluster, sorted by key; none in IBM Cloud, where the installer does not attach tags. Precedence: profile defaults <
 * user < required by the profile < system. The user tags must have passed `userTagProblems`; system values are made valid here.
 */
export function effectiveTags({ profile, userTags, system }: EffectiveTagsInput): Record<string, string> {
  if (profile.platform === 'ibmcloud') return {};
  const { defaults, required } = profile.tags;
  const merged = { ...defaults, ...userTags, ...required, ...systemTags(profile, system) };
  return Object.fromEntries(Object.entries(merged).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function systemTags(profile: AwsProfile, source: SystemTagSource): Record<SystemTagKey, string> {
  const tags: Record<SystemTagKey, string> = {
    ManagedBy: MANAGED_BY,
    InstallationId: source.installationId,
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
  for (const key of SYSTEM_TAG_KEYS) tags[key] = tagValueOf(tags[key]);
  return tags;
}

const NO_TAGS_ON_IBMCLOUD: FieldProblem = {
  field: 'tags',
  code: 'NOT_ALLOWED',
  message: 'clusters on IBM Cloud have no tags; omit --tag',
  allowed: [],
};

/** @returns every problem of the user tags under a profile. */
export function userTagProblems(
  profile: Profile,
  userTags: Readonly<Record<string, string>>,
): FieldProblem[] {
  const entries = Object.entries(userTags);
  if (profile.platform === 'ibmcloud') return entries.length === 0 ? [] : [NO_TAGS_ON_IBMCLOUD];
  if (entries.length > 0 && !profile.tags.allowUserTags) {
    return [
      {
        field: 'tags',
        code: 'NOT_ALLOWED',
        message: 'this profile does not allow user tags',
        allowed: [],
      },
    ];
  }
  return [
    ...entries.flatMap(([key, value]) => tagProblems(key, value)),
    ...entries.flatMap(([key, value]) => overrideProblems(profile, key, value)),
    ...entries.flatMap(([key]) => caseProblems(profile, userTags, key)),
    ...countProblems(profile, userTags),
  ];
}

function tagProblems(key: string, value: string): FieldProblem[] {
  const field = fieldOf(key);
  const faults = awsTagFaults(key, value).map(({ code, message }) => ({ field, code, message }));
  if (!isSystemKey(key.trim())) return faults;
  return [...faults, { field, code: 'RESERVED', message: 'this key is set by the control plane' }];
}

/** @returns the problem of a key that the profile or the request has in other upper and lower case. */
function caseProblems(
  profile: AwsProfile,
  userTags: Readonly<Record<string, string>>,
  key: string,
): FieldProblem[] {
  const { required, defaults } = profile.tags;
  const ofProfile = [...Object.keys(required), ...Object.keys(defaults)];
  if (isSystemKey(key) || ofProfile.includes(key)) return [];
  const inProfile = sameKeyInOtherCase(key, ofProfile);
  if (inProfile !== undefined) {
    const message = `AWS compares keys without case, and the profile sets ${inProfile}`;
    return [{ field: fieldOf(key), code: 'DUPLICATE_KEY', message, allowed: [inProfile] }];
  }
  const other = sameKeyInOtherCase(key, Object.keys(userTags));
  if (other === undefined) return [];
  const message = `AWS compares keys without case, and the request also sets ${other}`;
  return [{ field: fieldOf(key), code: 'DUPLICATE_KEY', message }];
}

/** Compares without case, because some platforms and reports do not distinguish `team` and `Team`. */
function isSystemKey(key: string): boolean {
  return SYSTEM_TAG_KEYS.some((system) => system.toLowerCase() === key.toLowerCase());
}

function overrideProblems(profile: AwsProfile, key: string, value: string): FieldProblem[] {
  // A tag may have the key `constructor`, so only own properties count.
  const required = Object.hasOwn(profile.tags.required, key) ? profile.tags.required[key] : undefined;
  if (required === undefined || required === value || isSystemKey(key)) return [];
  const message = `the profile requires ${key}=${required}`;
  return [{ field: fieldOf(key), code: 'NOT_ALLOWED', message, allowed: [required] }];
}

function countProblems(profile: AwsProfile, userTags: Readonly<Record<string, string>>): FieldProblem[] {
  const { maxTags } = TAG_LIMITS;
  const ours = new Set<string>([
    ...SYSTEM_TAG_KEYS,
    ...Object.keys(profile.tags.required),
    ...Object.keys(profile.tags.defaults),
  ]);
  const chosen = Object.keys(userTags).filter((key) => !ours.has(key)).length;
  const remaining = maxTags - ours.size;
  if (chosen === 0 || chosen <= remaining) return [];
  const message = `too many tags (${chosen}): ${ours.size} of at most ${maxTags} are set by the profile and the control plane`;
  return [{ field: 'tags', code: 'TOO_MANY', message, allowed: [`0..${Math.max(remaining, 0)}`] }];
}

function fieldOf(key: string): string {
  return `tags.${key}`;
}
