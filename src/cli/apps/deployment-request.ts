import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { systemErrorReason } from '../../contract/system-error-hint.ts';
import { UsageError } from '../errors/cli-error.ts';
import { durationHours, durationMs, omitUndefined } from '../flags/flag-values.ts';
import type { Session } from '../session.ts';
import { type AppFile, readAppFile } from './app-file.ts';
import { assertSchedule } from './assert-schedule.ts';
import type { DeploymentRequest } from './deploy.ts';
import { packSource } from './source-archive.ts';
import { uploadSource } from './upload-source.ts';
import { variablesOfWords } from './variable-words.ts';
import { readVariablesFile } from './variables.ts';

/** What the flags of a deploy say; undefined: `app.yaml`, or a guess. */
export interface DeployFlags {
  readonly name?: string | undefined;
  readonly env?: string | undefined;
  readonly team?: string | undefined;
  readonly kind?: string | undefined;
  readonly root?: string | undefined;
  readonly build?: string | undefined;
  readonly start?: string | undefined;
  readonly replicas?: number | undefined;
  readonly memory?: number | undefined;
  readonly 'health-path'?: string | undefined;
  readonly volume?: string | undefined;
  readonly schedule?: string | undefined;
  readonly timezone?: string | undefined;
  readonly 'run-timeout'?: string | undefined;
  readonly var?: readonly string[] | undefined;
  readonly 'var-file'?: string | undefined;
  readonly ttl?: string | undefined;
}

/** From here on an upload takes long enough to say so. */
const LARGE_BYTES = 8 * 1024 * 1024;
const KINDS = ['web', 'worker', 'static', 'cron'] as const;
const NAME = /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/;

/** Packs and uploads a directory. @returns the request that deploys it */
export async function deploymentRequest(
  session: Session,
  directory: string,
  flags: DeployFlags,
): Promise<DeploymentRequest> {
  await assertDirectory(directory);
  const file = await readAppFile(directory);
  const settings = settingsOf(flags, file);
  await assertSchedule(settings);
  const service = serviceName(directory, flags, file);
  const team = flags.team ?? file.team;
  const ttlHours = flags.ttl === undefined ? undefined : durationHours('ttl', flags.ttl);
  const variables = await variablesOf(session, flags);
  const temporary = await mkdtemp(join(tmpdir(), 'ocpctl-source-'));
  try {
    const packed = await packSource(directory, { file: join(temporary, 'source.tar.gz') });
    for (const name of packed.secretsFiles)
      if (flags['var-file'] === undefined)
        session.note(`${name} is not uploaded: pass its values with --var-file ${join(directory, name)}.`);
    if (packed.bytes > LARGE_BYTES) session.note(`Uploading ${Math.round(packed.bytes / 1024 / 1024)} MiB`);
    const source = await uploadSource(session.client, { file: packed.file, team });
    return {
      service,
      ...omitUndefined({ environment: flags.env ?? file.environment, team, ttlHours, variables }),
      source,
      settings,
    };
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** @throws UsageError that says what it is instead */
async function assertDirectory(path: string): Promise<void> {
  if (/^[a-z][a-z+]*:\/\/|^git@/.test(path))
    throw new UsageError(`cannot deploy ${path}: it is a URL`, {
      hint: `clone it first: git clone ${path} source && ocpctl app deploy ./source --name NAME`,
    });
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    const isMissing = error.code === 'ENOENT' || error.code === 'ENOTDIR';
    const message = isMissing
      ? `directory "${path}" not found`
      : `cannot read directory "${path}": ${systemErrorReason(error)}`;
    throw new UsageError(message, { cause: error });
  });
  if (!found.isDirectory()) throw new UsageError(`"${path}" is a file, not a directory`);
}

/** Those of flags win over those of a file. */
async function variablesOf(
  session: Session,
  flags: DeployFlags,
): Promise<Readonly<Record<string, string>> | undefined> {
  const file = flags['var-file'];
  if (flags.var === undefined && file === undefined) return undefined;
  return {
    ...(file === undefined ? {} : await readVariablesFile(session, file)),
    ...variablesOfWords(flags.var ?? []),
  };
}

function settingsOf(flags: DeployFlags, { settings }: AppFile): NonNullable<DeploymentRequest['settings']> {
  const { 'health-path': path, 'run-timeout': timeout } = flags;
  return {
    ...settings,
    ...omitUndefined({
      kind: KINDS.find((kind) => kind === flags.kind),
      root: flags.root,
      build: flags.build,
      start: flags.start,
      replicas: flags.replicas,
      memoryMb: flags.memory,
      volume: volumeOf(flags.volume),
      schedule: flags.schedule,
      timezone: flags.timezone,
      timeoutSeconds:
        timeout === undefined ? undefined : Math.ceil(durationMs('run-timeout', timeout) / 1_000),
    }),
    ...(path === undefined ? {} : { health: { ...settings.health, path } }),
  };
}

/** @throws UsageError unless it is NAME:PATH */
function volumeOf(given: string | undefined): { name: string; path: string } | undefined {
  if (given === undefined) return undefined;
  const [name = '', path = '', ...rest] = given.split(':');
  if (name === '' || !path.startsWith('/') || rest.length > 0)
    throw new UsageError(`invalid volume "${given}": use NAME:PATH`, { hint: '--volume data:/data' });
  return { name, path };
}

/** @throws UsageError when no name is given and that of the directory cannot be one */
function serviceName(directory: string, flags: DeployFlags, file: AppFile): string {
  const given = flags.name ?? file.name;
  if (given !== undefined) return given;
  const guessed = basename(resolve(directory))
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  if (NAME.test(guessed)) return guessed;
  throw new UsageError(`the name of ${directory} cannot be that of a service`, { hint: 'pass --name NAME' });
}
