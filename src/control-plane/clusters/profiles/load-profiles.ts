import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ProfileProblem } from '../../../contract/profile-problem.ts';
import { systemErrorReason } from '../../../contract/system-error-hint.ts';
import { SetupError, systemCodeOf } from '../../kernel/errors.ts';
import { checkProfile, type ProfileCheckOptions, STDIN_NAME } from './check-profile.ts';
import type { Profile } from './profile.ts';
import { formatProfileProblem, profileFileProblem, profileSizeProblem } from './profile-problem.ts';

/** The profiles of this server, by name. */
export interface Profiles {
  get(name: string): Profile | undefined;
  /** All profiles, including disabled ones, sorted by name. */
  list(): readonly Profile[];
}

/**
 * Reads the `*.yaml` files of the directories: the shipped profiles first, then a site's own, which add to them.
 * @throws SetupError that lists every problem of every file as `file:line:column: path: what; fix: how`
 */
export function loadProfiles(directories: readonly string[], options: ProfileCheckOptions = {}): Profiles {
  const problems: ProfileProblem[] = [];
  const files = directories.flatMap((directory) => profileFiles(directory, problems));
  const profiles = checkFiles(files, problems, options);
  if (problems.length > 0) throw profilesError(problems);
  return profilesOf(profiles);
}

/** What `ocpctl profiles validate` reports. */
export interface ProfileValidation {
  /** Number of files that were read. */
  readonly files: number;
  readonly problems: readonly ProfileProblem[];
}

/** Where `ocpctl profiles validate` finds what it checks. */
export interface ProfileValidationOptions {
  /** The directory of the shipped profiles. */
  readonly shipped: string;
  readonly now: Date;
  /** The text of the path `-`. */
  readonly stdin?: string | undefined;
}

/** Checks files, and all `*.yaml` files of directories, as a server with the shipped profiles would; also that regions exist. */
export function validateProfileFiles(
  paths: readonly string[],
  { shipped, now, stdin }: ProfileValidationOptions,
): ProfileValidation {
  const problems: ProfileProblem[] = [];
  const files = [
    ...new Set(paths.filter((path) => path !== '-').flatMap((path) => profileFiles(path, problems))),
  ];
  const given = new Set(files.map((file) => resolve(file)));
  const others = profileFiles(shipped, problems).filter((file) => !given.has(resolve(file)));
  const texts = stdin === undefined ? [] : [{ file: STDIN_NAME, text: stdin }];
  checkFiles([...others, ...files], problems, { now, knownRegions: true }, texts);
  return { files: files.length + texts.length, problems };
}

/** @returns the profiles without problems; the problems are added to `problems` */
function checkFiles(
  files: readonly string[],
  problems: ProfileProblem[],
  options: ProfileCheckOptions,
  texts: readonly { readonly file: string; readonly text: string }[] = [],
): Profile[] {
  const found = new Map<string, { profile: Profile; file: string }>();
  const checks = [
    ...files.map((file) => ({ file, check: checkFile(file, options) })),
    ...texts.map(({ file, text }) => ({ file, check: checkProfile(file, text, options) })),
  ];
  for (const { file, check } of checks) {
    const { profile, problems: ofFile } = check;
    problems.push(...(ofFile ?? []));
    if (profile === undefined) continue;
    const earlier = found.get(profile.name);
    if (earlier === undefined) {
      found.set(profile.name, { profile, file });
    } else {
      const message = `"${profile.name}" is already defined in ${earlier.file}`;
      problems.push({ file, line: 1, column: 1, path: 'name', message, fix: 'choose another name' });
    }
  }
  return [...found.values()].map(({ profile }) => profile);
}

/** @returns the same profiles, all enabled. */
export function withAllEnabled(profiles: Profiles): Profiles {
  return profilesOf(profiles.list().map((profile) => ({ ...profile, enabled: true })));
}

function profilesOf(profiles: readonly Profile[]): Profiles {
  const sorted = profiles.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const byName = new Map(sorted.map((profile) => [profile.name, profile]));
  return { get: (name) => byName.get(name), list: () => sorted };
}

function checkFile(file: string, options: ProfileCheckOptions): ReturnType<typeof checkProfile> {
  let text: string;
  try {
    // Reading a pipe or a device would not end.
    const found = statSync(file);
    const problem = found.isFile()
      ? profileSizeProblem(file, found.size)
      : profileFileProblem(file, 'is not a regular file', 'use a YAML file');
    if (problem !== undefined) return { problems: [problem] };
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return { problems: [unreadable(file, error)] };
  }
  return checkProfile(file, text, options);
}

/** @returns the `*.yaml` files of a directory, or the file itself */
function profileFiles(path: string, problems: ProfileProblem[]): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    return readdirSync(path)
      .filter((name) => /\.ya?ml$/.test(name) && !name.startsWith('.'))
      .sort()
      .map((name) => join(path, name));
  } catch (error) {
    problems.push(unreadable(path, error));
    return [];
  }
}

function unreadable(file: string, error: unknown): ProfileProblem {
  const fix = systemCodeOf(error) === 'ENOENT' ? 'check the path' : 'check the path and its permissions';
  return profileFileProblem(file, `cannot be read: ${systemErrorReason(error)}`, fix);
}

function profilesError(problems: readonly ProfileProblem[]): SetupError {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const lines = [`${count} in the cluster profiles:`, ...problems.map(formatProfileProblem)];
  return new SetupError(lines.join('\n'), {
    hint: "fix the files and start the server again; 'ocpctl profiles validate FILE' checks them without a server",
  });
}
