import { randomBytes } from 'node:crypto';
import type { components } from '../../contract/api.gen.ts';
import { keyLines } from '../../contract/authorized-keys.ts';
import { UsageError } from '../errors/cli-error.ts';
import {
  durationHours,
  keepaliveMinutes,
  keyValues,
  omitUndefined,
  wholeNumber,
} from '../flags/flag-values.ts';
import { readTextFile } from '../input-file.ts';
import { type Io, readInput } from '../output/io.ts';

export type ClusterRequestBody = components['schemas']['ClusterRequest'];

export interface ClusterRequestFlags {
  readonly profile?: string | undefined;
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  readonly region?: string | undefined;
  readonly 'base-domain'?: string | undefined;
  readonly workers?: string | undefined;
  readonly ttl?: string | undefined;
  readonly team?: string | undefined;
  readonly owner?: string | undefined;
  readonly 'cost-center'?: string | undefined;
  readonly tag?: readonly string[] | undefined;
  readonly 'ssh-public-key'?: string | undefined;
  readonly offhours?: boolean | undefined;
  readonly 'on-failure'?: string | undefined;
  readonly set?: readonly string[] | undefined;
  readonly keepalive?: string | undefined;
}

export const ON_FAILURE = ['destroy', 'preserve'] as const;

/**
 * Builds the request of `create`; the server fills in what is absent.
 * @param file fields of `-f`; flags override them, and add to its tags and fields of set
 * @throws UsageError
 */
export async function clusterRequest(
  argument: string | undefined,
  flags: ClusterRequestFlags,
  file: Partial<ClusterRequestBody> = {},
): Promise<ClusterRequestBody> {
  if (argument !== undefined && flags.name !== undefined && argument !== flags.name) {
    throw new UsageError(`the cluster is named twice: "${argument}" and --name "${flags.name}"`, {
      hint: 'use only one of them',
    });
  }
  const profile = flags.profile ?? file.profile;
  if (profile === undefined) {
    throw new UsageError('missing flag --profile', { hint: "'ocpctl profiles list' shows the profiles" });
  }
  const optional = {
    version: flags.version,
    region: flags.region,
    baseDomain: flags['base-domain'],
    ttlHours: flags.ttl === undefined ? undefined : durationHours('ttl', flags.ttl),
    workers: flags.workers === undefined ? undefined : wholeNumber('workers', flags.workers, 0),
    team: flags.team,
    owner: flags.owner,
    costCenter: flags['cost-center'],
    tags: flags.tag === undefined ? undefined : { ...file.tags, ...keyValues('tag', flags.tag) },
    sshPublicKey:
      flags['ssh-public-key'] === undefined ? undefined : await readPublicKey(flags['ssh-public-key']),
    set: flags.set === undefined ? undefined : { ...file.set, ...(await setValuesOf(flags.set)) },
    offhours: flags.offhours,
    onFailure: ON_FAILURE.find((choice) => choice === flags['on-failure']),
    keepaliveMinutes:
      flags.keepalive === undefined ? undefined : keepaliveMinutes('keepalive', flags.keepalive),
  };
  return {
    ...file,
    name: argument ?? flags.name ?? file.name ?? generatedName(),
    profile,
    ...omitUndefined(optional),
  };
}

/** Reads the file of `-f`; `-` is stdin. @throws UsageError with line and column */
export async function readClusterFile(
  io: Pick<Io, 'stdin'>,
  path: string,
): Promise<Partial<ClusterRequestBody>> {
  const text = await readInput(io, path);
  const { parseClusterFile } = await import('./cluster-file.ts');
  return parseClusterFile(text, path === '-' ? 'stdin' : path);
}

/** With a YAML parser, which is loaded only for this. */
async function setValuesOf(texts: readonly string[]): Promise<NonNullable<ClusterRequestBody['set']>> {
  const { setValues } = await import('./set-values.ts');
  return setValues(texts);
}

const ADJECTIVES = [
  'amber',
  'brave',
  'calm',
  'dusty',
  'eager',
  'fuzzy',
  'gold',
  'happy',
  'ivory',
  'jolly',
  'keen',
  'lucky',
];
const ANIMALS = [
  'ant',
  'bear',
  'crab',
  'dove',
  'elk',
  'fox',
  'goat',
  'hare',
  'ibis',
  'koi',
  'lynx',
  'mole',
  'newt',
  'owl',
];

/** Generates a cluster name that fits the limits of every platform: `lucky-otter-4f1c`. */
export function generatedName(random: Uint8Array = randomBytes(4)): string {
  const [a = 0, b = 0] = random;
  const tail = Buffer.from(random.subarray(2, 4)).toString('hex');
  return `${ADJECTIVES[a % ADJECTIVES.length]}-${ANIMALS[b % ANIMALS.length]}-${tail}`;
}

/** Reads the keys of a `.pub` or `authorized_keys` file. @throws UsageError if it has none, for example because it is a private key */
async function readPublicKey(path: string): Promise<string> {
  const text = await readTextFile(path);
  if (text.includes('PRIVATE KEY')) {
    throw new UsageError(`${path} is a private key; it was not sent`, {
      hint: `use the public key: --ssh-public-key ${path}.pub`,
    });
  }
  const keys = keyLines(text);
  // A line may have options before the key. The server checks each key.
  if (!keys.some((line) => /(?:^|[ \t])(?:ssh|ecdsa|sk)-[\w@.-]+[ \t]+\S+/.test(line))) {
    throw new UsageError(`${path} is not a valid SSH public key`, {
      hint: 'use a .pub file of ssh-keygen, or an authorized_keys file',
    });
  }
  return keys.join('\n');
}
