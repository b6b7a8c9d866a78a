import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { systemErrorReason } from '../../../contract/system-error-hint.ts';
import { systemCodeOf } from '../../kernel/errors.ts';
import type { Profile } from './profile.ts';
import { readManifests } from './profile-manifests.ts';
import type { FieldFault } from './profile-problem.ts';

/** The cluster keeps the certificates in a ConfigMap, which can have 1 MiB. */
const MAX_BUNDLE_BYTES = 1024 * 1024;

/** Reads the files that a profile names. @param file the profile's own, to whose folder paths are relative */
export function withFiles(
  profile: Profile,
  file: string,
): { readonly profile: Profile; readonly faults: readonly FieldFault[] } {
  const bundle = bundleOf(profile, file);
  const { manifestsDir: folder } = profile;
  if (folder === undefined) return bundle;
  const { manifests, faults } = readManifests(pathOf(file, folder), folder);
  return { profile: { ...bundle.profile, manifests }, faults: [...bundle.faults, ...faults] };
}

function bundleOf(profile: Profile, file: string): ReturnType<typeof withFiles> {
  const { additionalTrustBundleFile: name } = profile;
  if (name === undefined) return { profile, faults: [] };
  const bundle = readText(pathOf(file, name), MAX_BUNDLE_BYTES);
  if (bundle.text !== undefined)
    return { profile: { ...profile, additionalTrustBundle: bundle.text }, faults: [] };
  const { message, fix } = bundle;
  return { profile, faults: [{ path: ['additionalTrustBundleFile'], message: `"${name}" ${message}`, fix }] };
}

/** @returns the path of a file or folder that a profile names */
export function pathOf(file: string, name: string): string {
  return resolve(dirname(file), name);
}

type ReadText =
  | { readonly text: string }
  | { readonly text?: undefined; readonly message: string; readonly fix: string };

/** Reads a regular file, also behind a symbolic link: Kubernetes mounts files so. Reading a pipe or a device would not end. */
function readText(path: string, maxBytes: number): ReadText {
  try {
    const found = statSync(path);
    if (!found.isFile()) return { message: 'is not a regular file', fix: 'use the path of a file' };
    if (found.size > maxBytes) return { message: 'is larger than 1 MiB', fix: 'use a smaller file' };
    return { text: readFileSync(path, 'utf8') };
  } catch (error) {
    const fix = systemCodeOf(error) === 'ENOENT' ? 'check the path' : 'check the path and its permissions';
    return { message: `cannot be read: ${systemErrorReason(error)}`, fix };
  }
}
