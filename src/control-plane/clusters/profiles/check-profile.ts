import { basename } from 'node:path';
import type { ProfileProblem } from '../../../contract/profile-problem.ts';
import type { CredentialsMode } from '../clouds/cloud.ts';
import { profileInstallConfigFaults } from '../install-config/profile-install-config.ts';
import { unknownRegionFaults } from './known-regions.ts';
import { parseProfileFields } from './parse-profile-fields.ts';
import type { Platform, Profile } from './profile.ts';
import { pathOf, withFiles } from './profile-files.ts';
import type { FieldFault } from './profile-problem.ts';
import { profileSizeProblem } from './profile-problem.ts';
import { type FieldPath, type ProfileYaml, parseProfileYaml } from './profile-yaml.ts';

export type ProfileCheck =
  | { readonly profile: Profile; readonly problems?: undefined }
  | {
      readonly profile?: undefined;
      readonly problems: readonly ProfileProblem[];
    };

export interface ProfileCheckOptions {
  /** The mode of the server; without it, a mode in which the profile can be used. */
  readonly credentialsModeOf?: (platform: Platform) => CredentialsMode | undefined;
  /** To also report certificates that are not valid at that time. */
  readonly now?: Date | undefined;
  /** Also report regions that are not known: @default false */
  readonly knownRegions?: boolean;
}

/** Name of a profile that is read from standard input. */
export const STDIN_NAME = '<stdin>';

/**
 * Checks a profile: its YAML, its fields, the files that it names, and that clusters can be created from it in each of its regions and
 * base domains.
 * @returns the profile, or every problem of the text; does not throw for invalid text
 */
export function checkProfile(file: string, text: string, options: ProfileCheckOptions = {}): ProfileCheck {
  const tooLarge = profileSizeProblem(file, Buffer.byteLength(text));
  if (tooLarge !== undefined) return { problems: [tooLarge] };
  const document = parseProfileYaml(text);
  if (!('content' in document)) return { problems: document.map((fault) => ({ file, path: '', ...fault })) };
  const { profile: parsed, faults, isReplaced } = parseProfileFields(document);
  const all: FieldFault[] = [...faults];
  if (options.knownRegions) all.push(...regionFaults(document.content));
  const loaded = parsed && withFiles(parsed, file);
  if (loaded !== undefined) {
    const hasReplaced = faults.some(({ path }) => path.length > 0 && isReplaced(path));
    const found = [
      ...fileNameFaults(loaded.profile.name, basename(file)),
      ...loaded.faults,
      ...installFaults(loaded.profile, document, options),
    ];
    const isOwn = ({ path, at }: FieldFault) =>
      at !== undefined || (path.length === 0 ? !hasReplaced : !isReplaced(path));
    all.push(...found.filter(isOwn));
  }
  if (loaded !== undefined && all.length === 0) return { profile: loaded.profile };
  return { problems: all.map((fault) => problemOf(fault, { file, document, profile: loaded?.profile })) };
}

function problemOf(
  { path, message, fix, line, at }: FieldFault,
  { file, document, profile }: { file: string; document: ProfileYaml; profile: Profile | undefined },
): ProfileProblem {
  const named = { path: dotted(path), message, fix };
  if (at !== undefined) return { ...at, ...named };
  if (line !== undefined && path[0] === 'additionalTrustBundleFile') {
    return { file: pathOf(file, profile?.additionalTrustBundleFile ?? ''), line, column: 1, ...named };
  }
  const position = line === undefined ? document.locate(path) : document.locateLine(path, line);
  return { file, ...position, ...named };
}

function regionFaults(content: unknown): FieldFault[] {
  const { platform, regions } = content as { platform?: unknown; regions?: { allowlist?: unknown } | null };
  const allowlist = regions?.allowlist;
  return Array.isArray(allowlist) ? unknownRegionFaults(String(platform), allowlist) : [];
}

function installFaults(
  profile: Profile,
  document: ProfileYaml,
  { credentialsModeOf, now }: ProfileCheckOptions,
): FieldFault[] {
  const credentialsMode =
    credentialsModeOf === undefined ? usableMode(profile) : credentialsModeOf(profile.platform);
  return profileInstallConfigFaults(profile, { now, credentialsMode }).map((fault) => {
    const scalar = document.scalarAt(fault.path);
    const isShown = PREDICATE.test(fault.message) && scalar !== undefined && !HAS_SECRET.test(scalar.shown);
    return isShown ? { ...fault, message: `${scalar.shown} ${fault.message}` } : fault;
  });
}

/** The mode of a server on which the profile can be used. */
function usableMode(profile: Profile): CredentialsMode | undefined {
  const needsOne = profile.platform === 'aws' && profile.platformConfig.aws.hostedZoneRole !== undefined;
  return needsOne ? 'Manual' : undefined;
}

/** A URL with a password, and a text of several lines, which may be a key: no message repeats them. */
const HAS_SECRET = /:\/\/.*@|\n/;

/** A message without a subject; the value is put in front. */
const PREDICATE = /^(?:must|is|are|has|cannot)\b/;

function fileNameFaults(name: string, fileName: string): FieldFault[] {
  if (fileName === STDIN_NAME || fileName.replace(/\.ya?ml$/, '') === name) return [];
  const message = `is "${name}" in a file called "${fileName}"`;
  return [{ path: ['name'], message, fix: 'rename one of them' }];
}

function dotted(path: FieldPath): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i > 0 ? '.' : ''}${String(part)}`))
    .join('');
}
