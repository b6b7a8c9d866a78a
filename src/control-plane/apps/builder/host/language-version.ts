import semver from 'semver';
import type { BuildPlan } from '../builder.ts';

type VersionedPlan = Pick<BuildPlan, 'kind' | 'languageVersion'>;

const LANGUAGES: Partial<Record<BuildPlan['kind'], { readonly name: string; readonly tool: string }>> = {
  node: { name: 'Node.js', tool: 'node' },
  static: { name: 'Node.js', tool: 'node' },
  python: { name: 'Python', tool: 'python3' },
};

/** @returns the program whose version a plan depends on; undefined where tools look for the right version themselves (Go) */
export function languageTool({ kind, languageVersion }: VersionedPlan): string | undefined {
  return languageVersion === undefined ? undefined : LANGUAGES[kind]?.tool;
}

/** Programs of other versions of Python lie beside each other: `python3.11`. */
export function preferredProgram({ kind, languageVersion }: VersionedPlan, name: string): string {
  const minor = /^3\.\d+/.exec(languageVersion ?? '')?.[0];
  return kind === 'python' && name === 'python3' && minor !== undefined ? `python${minor}` : name;
}

/**
 * A source that asks for another version is built all the same, as npm does, and is told so.
 * @param found what the program says: `v20.1.0`, `Python 3.11.2`
 */
export function versionWarning(
  { kind, languageVersion = '' }: VersionedPlan,
  found: string,
): string | undefined {
  const version = semver.coerce(found)?.version;
  // `==3.11.*` and `~=3.10`, as Python has them.
  const range = semver.validRange(
    languageVersion.replaceAll('==', '=').replaceAll('~=', '~').replaceAll(',', ' '),
  );
  if (version === undefined || range === null || semver.satisfies(version, range)) return undefined;
  return `warning: the source asks for ${LANGUAGES[kind]?.name} ${languageVersion}, this server has ${version}`;
}
