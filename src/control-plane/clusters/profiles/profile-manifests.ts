import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemErrorReason } from '../../../contract/system-error-hint.ts';
import { systemCodeOf } from '../../kernel/errors.ts';
import { isSameObject, type ManifestIdentity } from './manifest-identity.ts';
import { checkManifest, fileNameFault, type ManifestFault } from './manifest-rules.ts';
import type { FieldFault } from './profile-problem.ts';
import { parseYaml } from './profile-yaml.ts';

/** A manifest of a profile, to be added to those of the installer. */
export interface ProfileManifest extends ManifestIdentity {
  readonly file: string;
  readonly content: string;
}

/** The bootstrap machine reads all manifests from one ignition config; etcd takes objects of up to 1.5 MiB. */
const MAX_FILES = 64;
const MAX_FILE_BYTES = 256 * 1024;
const MAX_BYTES = 1024 * 1024;

/** @returns the digest of manifests: another one if a name or a byte differs */
export function manifestsDigest(manifests: readonly ProfileManifest[]): string {
  const files = manifests.map(({ file, content }) => [file, content]);
  return `sha256:${createHash('sha256').update(JSON.stringify(files)).digest('hex')}`;
}

interface ReadManifests {
  /** Sorted by file name. */
  readonly manifests: readonly ProfileManifest[];
  readonly faults: readonly FieldFault[];
}

/**
 * Reads all manifests of a folder, each checked. Names that begin with a dot are skipped: Kubernetes keeps the files of a mounted
 * ConfigMap behind such a link.
 * @param given the folder as the profile names it
 */
export function readManifests(folder: string, given: string): ReadManifests {
  const ofFolder = (message: string, fix: string): ReadManifests => ({
    manifests: [],
    faults: [{ path: ['manifestsDir'], message: `"${given}" ${message}`, fix }],
  });
  let names: string[];
  try {
    names = readdirSync(folder)
      .filter((name) => !name.startsWith('.'))
      .sort();
  } catch (error) {
    const missing = systemCodeOf(error) === 'ENOENT' || systemCodeOf(error) === 'ENOTDIR';
    const fix = missing ? 'use the path of a folder' : 'check the path and its permissions';
    return ofFolder(`cannot be read: ${systemErrorReason(error)}`, fix);
  }
  if (names.length === 0) return ofFolder('has no manifests', 'add some, or remove manifestsDir');
  if (names.length > MAX_FILES)
    return ofFolder(`has ${names.length} files`, `keep at most ${MAX_FILES} files`);
  const read = names.map((name) => readManifest(folder, name));
  const manifests = read.flatMap(({ manifest }) => manifest ?? []);
  const faults = [...read.flatMap((one) => one.faults ?? []), ...repeatedObjects(folder, manifests)];
  const bytes = manifests.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
  if (faults.length > 0 || bytes <= MAX_BYTES) return { manifests, faults };
  return ofFolder('has more than 1 MiB of manifests', 'remove some');
}

interface ReadManifest {
  readonly manifest?: ProfileManifest | undefined;
  readonly faults?: readonly FieldFault[];
}

function readManifest(folder: string, file: string): ReadManifest {
  const path = join(folder, file);
  const atStart = { file: path, line: 1, column: 1 };
  const named = fileNameFault(file);
  if (named !== undefined) return { faults: [{ ...named, at: atStart }] };
  const text = readText(path);
  if (typeof text !== 'string') return { faults: [{ ...text, at: atStart }] };
  const document = parseYaml(text, {
    message: 'must be a mapping with apiVersion, kind and metadata',
    fix: 'use one object for each file',
  });
  if (!('content' in document)) {
    return {
      faults: document.map(({ message, fix, line, column }) => ({
        path: [],
        message,
        fix,
        at: { file: path, line, column },
      })),
    };
  }
  const checked = checkManifest(document.content);
  if ('identity' in checked) return { manifest: { file, content: text, ...checked.identity } };
  return {
    faults: checked.faults.map((fault) => ({ ...fault, at: { file: path, ...document.locate(fault.path) } })),
  };
}

/** Reading a pipe or a device would not end. */
function readText(path: string): string | ManifestFault {
  const fault = (message: string, fix: string) => ({ path: [], message, fix });
  try {
    const found = statSync(path);
    if (!found.isFile()) return fault('is not a regular file', 'move it to another folder');
    if (found.size > MAX_FILE_BYTES) return fault('is larger than 256 KiB', 'split it');
    const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
    return text.includes('\0') ? fault('is not text', 'use YAML or JSON') : text;
  } catch (error) {
    if (error instanceof TypeError) return fault('is not UTF-8 text', 'use YAML or JSON in UTF-8');
    return fault(`cannot be read: ${systemErrorReason(error)}`, 'check the file and its permissions');
  }
}

function repeatedObjects(folder: string, manifests: readonly ProfileManifest[]): FieldFault[] {
  return manifests.flatMap((manifest, index) => {
    const first = manifests.find((other) => isSameObject(other, manifest));
    if (first === undefined || first === manifests[index]) return [];
    const message = `${manifest.kind} ${manifest.name} is also in ${first.file}`;
    const at = { file: join(folder, manifest.file), line: 1, column: 1 };
    return [{ path: ['metadata', 'name'], message, fix: 'remove one of them', at }];
  });
}
