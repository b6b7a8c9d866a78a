import { sameKeyInOtherCase, TAG_LIMITS } from '../policy/aws-tags.ts';
import { SYSTEM_TAG_KEYS } from '../policy/tags.ts';
import type { Profile } from '../profiles/profile.ts';
import { EDGE_POOL } from '../profiles/profile-pools.ts';

/** The field of a profile that a field of the install-config is rendered from. */
export interface ProfileField {
  readonly path: readonly (string | number)[];
  /** What to do when the problem does not say it. */
  readonly fix: string;
}

/** A reason why no cluster can be created from a profile, with the field of the profile. */
export interface ProfileInstallFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly fix: string;
  /** The line of a text of several lines, from 1. */
  readonly line?: number | undefined;
}

/** Where a cluster is created, by index in the allow-lists of the profile. */
export interface ProfileChoice {
  readonly region: number;
  readonly baseDomain: number;
}

type Rule = readonly [
  field: RegExp,
  source: (match: readonly string[], profile: Profile, choice: ProfileChoice) => ProfileField,
];

const POOL = '(controlPlane|compute\\[\\d\\])';

/** The second pool of `compute` is the one of edge zones. */
function poolPath(pool: string, { compute }: Profile): (string | number)[] {
  if (pool === 'controlPlane') return ['compute', 'controlPlane'];
  if (pool === 'compute[0]') return ['compute', 'workers'];
  return ['compute', 'pools', compute.pools?.findIndex(({ name }) => name === EDGE_POOL) ?? 0];
}

/** A volume of its own, or that of all machines. */
function volumePath(pool: string, profile: Profile): (string | number)[] {
  const { controlPlane, workers, pools } = profile.compute;
  const own =
    pool === 'controlPlane'
      ? controlPlane
      : pool === 'compute[0]'
        ? workers
        : pools?.find(({ name }) => name === EDGE_POOL);
  return own?.rootVolume === undefined
    ? ['platformConfig', 'aws', 'rootVolume']
    : [...poolPath(pool, profile), 'rootVolume'];
}

/** The first that matches counts. */
const RULES: readonly Rule[] = [
  [/^platform\.aws\.userTags\[(.*)\]$/s, ([, key = ''], profile) => tagField(key, profile)],
  [
    /^platform\.aws\.userTags$/,
    () => ({
      path: ['tags'],
      fix: `keep at most ${TAG_LIMITS.maxTags - SYSTEM_TAG_KEYS.length} tags besides Environment; the control plane sets ${SYSTEM_TAG_KEYS.length}`,
    }),
  ],
  [
    /^networking\.machineNetwork\[(\d+)\]/,
    ([, index]) => networkField(['machineNetwork', Number(index), 'cidr'], '10.0.0.0/16'),
  ],
  [
    /^networking\.serviceNetwork\[(\d+)\]/,
    ([, index]) => networkField(['serviceNetwork', Number(index)], '172.30.0.0/16'),
  ],
  [
    /^networking\.clusterNetwork\[(\d+)\]\.hostPrefix/,
    ([, index]) => ({
      path: ['networking', 'clusterNetworks', Number(index), 'hostPrefix'],
      fix: 'use another prefix, such as 23',
    }),
  ],
  [
    /^networking\.clusterNetwork\[(\d+)\]/,
    ([, index]) => networkField(['clusterNetworks', Number(index), 'cidr'], '10.128.0.0/14'),
  ],
  [/^networking\b/, () => ({ path: ['networking'], fix: 'correct the networks' })],
  [
    new RegExp(`^${POOL}\\.platform\\.aws\\.(?:rootVolume\\.)?(iops|size|type)$`),
    ([, pool = '', key = ''], profile) => ({
      path: [...volumePath(pool, profile), key],
      fix: key === 'iops' ? 'set iops for io1 and io2, not for gp2' : 'correct the volume',
    }),
  ],
  [
    new RegExp(`^${POOL}\\.platform\\.aws\\.zones\\[(\\d+)\\]`),
    ([, pool = '', index], profile) => ({
      path: [
        ...(pool === 'compute[1]' ? poolPath(pool, profile) : ['platformConfig', 'aws']),
        'zones',
        Number(index),
      ],
      fix: 'use a zone of each region',
    }),
  ],
  [
    /^platform\.aws\.(?:vpc\.)?subnets(?:\[(\d+)\])?/,
    ([, index]) => ({
      path: ['platformConfig', 'aws', 'subnets', ...(index === undefined ? [] : [Number(index)])],
      fix: 'correct the subnets',
    }),
  ],
  [
    /^platform\.aws\.credentialsMode/,
    () => ({
      path: ['platformConfig', 'aws', 'hostedZoneRole'],
      fix: 'set OCPCTL_AWS_CREDENTIALS_MODE of the server to Manual or Passthrough',
    }),
  ],
  [
    /^platform\.aws\.hostedZoneRole/,
    () => ({ path: ['platformConfig', 'aws', 'hostedZoneRole'], fix: 'correct the role' }),
  ],
  [
    /^platform\.aws\.hostedZone/,
    () => ({ path: ['platformConfig', 'aws', 'hostedZone'], fix: 'correct the zone' }),
  ],
  [
    new RegExp(`^${POOL}\\.(?:architecture|platform\\.\\w+\\.type)`),
    ([, pool = ''], profile) => ({
      path: [...poolPath(pool, profile), 'instanceType'],
      fix: 'use another instance type',
    }),
  ],
  [
    new RegExp(`^${POOL}\\b`),
    ([, pool = ''], profile) => ({ path: poolPath(pool, profile), fix: 'correct the machines' }),
  ],
  [
    /^proxy(?:\.(\w+))?$/,
    ([, key]) => ({ path: ['proxy', ...(key === undefined ? [] : [key])], fix: 'correct the proxy' }),
  ],
  [
    /^additionalTrustBundle(Policy)?$/,
    ([field = '', policy], { additionalTrustBundleFile: file }) => ({
      path: [policy === undefined && file !== undefined ? 'additionalTrustBundleFile' : field],
      fix: 'correct the bundle',
    }),
  ],
  [
    /^platform\.ibmcloud\.(\w+)/,
    ([, key = '']) => ({ path: ['platformConfig', 'ibmcloud', key], fix: 'correct the value' }),
  ],
  [
    /^platform\.aws\.region/,
    (_, _profile, { region }) => ({ path: ['regions', 'allowlist', region], fix: 'use another region' }),
  ],
  [
    /^(?:baseDomain|metadata\.name)$/,
    (_, _profile, { baseDomain }) => ({
      path: ['baseDomains', 'allowlist', baseDomain],
      fix: 'use another domain',
    }),
  ],
];

/** @returns the field of the profile behind a field of the install-config; an empty path if it is not rendered from one */
export function profileField(field: string, profile: Profile, choice: ProfileChoice): ProfileField {
  const own = fragmentPath(field, profile.installConfig);
  if (own !== undefined) return { path: own, fix: 'correct the value, or remove it' };
  for (const [pattern, source] of RULES) {
    const match = pattern.exec(field);
    if (match !== null) return source(match, profile, choice);
  }
  return { path: [], fix: `correct what ${field} is rendered from` };
}

/** @returns where the profile's fragment sets a field of the install-config; for a missing field, the mapping that lacks it */
function fragmentPath(field: string, fragment: unknown): (string | number)[] | undefined {
  const names = field.split(/[.[\]]+/).filter((name) => name !== '');
  const path: (string | number)[] = ['installConfig'];
  let at = fragment;
  for (const [depth, name] of names.entries()) {
    if (typeof at !== 'object' || at === null) return undefined;
    // `compute` of a fragment has only the pool "worker", which is the first of the document.
    if (!Object.hasOwn(at, name)) return depth > 0 && depth === names.length - 1 ? path : undefined;
    path.push(Array.isArray(at) ? Number(name) : name);
    at = (at as Record<string, unknown>)[name];
  }
  return names.length === 0 ? undefined : path;
}

function networkField(path: readonly (string | number)[], example: string): ProfileField {
  return { path: ['networking', ...path], fix: `use another network, such as ${example}` };
}

/** A system key that the profile has in other upper and lower case is a key of the profile. */
function tagField(key: string, profile: Profile): ProfileField {
  const { required, defaults } = profile.platform === 'aws' ? profile.tags : { required: {}, defaults: {} };
  const fields = [
    ...Object.keys(required).map((own) => ['tags', 'required', own] as const),
    ...Object.keys(defaults).map((own) => ['tags', 'defaults', own] as const),
  ].filter(([, , own]) => own === key || sameKeyInOtherCase(key, [own]) !== undefined);
  const exact = fields.find(([, , own]) => own === key);
  return { path: exact ?? fields[0] ?? ['tags'], fix: 'remove the tag' };
}
