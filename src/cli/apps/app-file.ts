import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import type { components } from '../../contract/api.gen.ts';
import { closestMatch } from '../../contract/closest-match.ts';
import { isObject } from '../../contract/documents.ts';
import { UsageError } from '../errors/cli-error.ts';
import { omitUndefined } from '../flags/flag-values.ts';
import { unreadableFile } from '../input-file.ts';

type Settings = components['schemas']['ServiceSettings'];

/** `app.yaml`: settings of a service beside its source. Flags win over it. */
export interface AppFile {
  readonly name?: string;
  readonly environment?: string;
  readonly team?: string;
  readonly settings: Settings;
}

export const APP_FILE = 'app.yaml';

const TEXTS = new Set([
  'name',
  'environment',
  'team',
  'kind',
  'root',
  'build',
  'start',
  'schedule',
  'timezone',
]);
const NUMBERS = new Set(['replicas', 'memoryMb', 'cpus', 'drainSeconds', 'timeoutSeconds']);
const HEALTH = new Set(['path', 'startSeconds']);
const VOLUME = ['name', 'path'];
const FIELDS = [...TEXTS, ...NUMBERS, 'health', 'volume'];

/** Reads `app.yaml` of a directory. @returns no settings when there is none @throws UsageError that names each field that is wrong */
export async function readAppFile(directory: string): Promise<AppFile> {
  const path = join(directory, APP_FILE);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { settings: {} };
    throw unreadableFile(path, error);
  }
  const document = parseDocument(text, { version: '1.2' });
  const [fault] = document.errors;
  if (fault !== undefined) throw new UsageError(`${path} is not YAML: ${fault.message.split('\n')[0]}`);
  const value: unknown = document.toJS();
  if (value === null) return { settings: {} };
  if (!isObject(value)) throw new UsageError(`${path} must have fields such as "start: node server.js"`);
  const problems = [...problemsOf(value)];
  if (problems.length > 0)
    throw new UsageError(
      `${path} has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}`,
      {
        details: problems.map(({ field, message }) => ({ field, code: 'INVALID_FIELD', message })),
      },
    );
  // Every field has its type now; the server checks the values.
  const { name, environment, team, ...settings } = value as Settings & Omit<AppFile, 'settings'>;
  return { ...omitUndefined({ name, environment, team }), settings };
}

interface Problem {
  readonly field: string;
  readonly message: string;
}

function* problemsOf(value: Record<string, unknown>): Generator<Problem> {
  for (const [field, given] of Object.entries(value)) {
    if (TEXTS.has(field) && typeof given !== 'string') yield { field, message: 'must be a text' };
    else if (NUMBERS.has(field) && typeof given !== 'number') yield { field, message: 'must be a number' };
    else if (field === 'health') yield* healthProblems(given);
    else if (field === 'volume') yield* volumeProblems(given);
    else if (!FIELDS.includes(field)) yield { field, message: unknownField(field, FIELDS) };
  }
}

function* healthProblems(given: unknown): Generator<Problem> {
  if (!isObject(given)) return yield { field: 'health', message: 'must have path or startSeconds' };
  for (const [name, value] of Object.entries(given)) {
    const field = `health.${name}`;
    if (!HEALTH.has(name)) yield { field, message: unknownField(name, [...HEALTH]) };
    else if (typeof value !== (name === 'path' ? 'string' : 'number'))
      yield { field, message: name === 'path' ? 'must be a text' : 'must be a number' };
  }
}

function* volumeProblems(given: unknown): Generator<Problem> {
  if (!isObject(given)) return yield { field: 'volume', message: 'must have name and path' };
  for (const name of Object.keys(given))
    if (!VOLUME.includes(name)) yield { field: `volume.${name}`, message: unknownField(name, VOLUME) };
  for (const name of VOLUME)
    if (typeof given[name] !== 'string') yield { field: `volume.${name}`, message: 'must be a text' };
}

function unknownField(name: string, known: readonly string[]): string {
  const closest = closestMatch(name, known);
  return `is not a field; ${closest === undefined ? `use ${known.join(', ')}` : `did you mean "${closest}"?`}`;
}
