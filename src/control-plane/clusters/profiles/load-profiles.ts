import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, SetupError } from '../../kernel/errors.ts';
import { checkProfile, type ProfileProblem } from './check-profile.ts';
import type { Profile } from './profile.ts';

/** The profiles of this server, by name. */
export interface Profiles {
  get(name: string): Profile | undefined;
  /** All profiles, including disabled ones, sorted by name. */
  list(): readonly Profile[];
}

/**
 * Reads the `*.yaml` files of the directories: the shipped profiles first, then a site's own, which add to them.
 * @param check returns further problems of a profile that is valid in form
 * @throws SetupError that lists every problem of every file as `file:line:column path: what; fix`
 */
export function loadProfiles(
  directories: readonly string[],
  check: (profile: Profile) => readonly string[] = () => [],
): Profiles {
  const problems: ProfileProblem[] = [];
  const found = new Map<string, { profile: Profile; file: string }>();
  for (const file of directories.flatMap((directory) => profileFiles(directory, problems))) {
    const { profile, problems: ofFile } = checkFile(file);
    problems.push(...(ofFile ?? []));
    if (profile === undefined) continue;
    const earlier = found.get(profile.name);
    if (earlier !== undefined) {
      const message = `"${profile.name}" is already defined in ${earlier.file}; fix: choose another name`;
      problems.push({ file, line: 1, column: 1, path: 'name', message });
    } else {
      found.set(profile.name, { profile, file });
      const messages = check(profile);
      problems.push(...messages.map((message) => ({ file, line: 1, column: 1, path: '', message })));
    }
  }
  if (problems.length > 0) throw profilesError(problems);
  return profilesOf([...found.values()].map(({ profile }) => profile));
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

function checkFile(file: string): ReturnType<typeof checkProfile> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return {
      problems: [{ file, line: 1, column: 1, path: '', message: `cannot be read: ${messageOf(error)}` }],
    };
  }
  return checkProfile(file, text);
}

/** @returns a problem as one line, in the form that editors and terminals link to. */
function formatProblem(problem: ProfileProblem): string {
  const prefix = problem.path === '' ? '' : `${problem.path}: `;
  return `${problem.file}:${problem.line}:${problem.column} ${prefix}${problem.message}`;
}

function profileFiles(directory: string, problems: ProfileProblem[]): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => /\.ya?ml$/.test(name) && !name.startsWith('.'))
      .sort()
      .map((name) => join(directory, name));
  } catch (error) {
    const message = `cannot read the profile directory: ${messageOf(error)}`;
    problems.push({ file: directory, line: 1, column: 1, path: '', message });
    return [];
  }
}

function profilesError(problems: readonly ProfileProblem[]): SetupError {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return new SetupError([`${count} in the cluster profiles:`, ...problems.map(formatProblem)].join('\n'), {
    hint: 'Fix the files and start the server again.',
  });
}
