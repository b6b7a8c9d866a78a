import { stat } from 'node:fs/promises';
import { InstallerError } from './installer-error.ts';

/** What `openshift-install version` prints. */
export interface InstallerVersion {
  readonly version: string;
  readonly releaseImage: string | undefined;
  /** Of the release image: `amd64`, `arm64`, …, `multi`; installers before 4.9 do not print it. */
  readonly releaseArchitecture: string | undefined;
}

/** @throws InstallerError INSTALLER_VERSION_UNREADABLE */
export function readInstallerVersion(stdout: string): InstallerVersion {
  const lines = stdout.split(/\r?\n/);
  // The first line repeats argv[0], which may be a path with spaces: only the last word counts.
  const version = /^.*\s(\S+)\s*$/.exec(lines[0] ?? '')?.[1]?.replace(/^v(?=\d)/, '');
  if (!version || version === 'unreleased') {
    throw new InstallerError('INSTALLER_VERSION_UNREADABLE', 'the installer does not print its version');
  }
  const afterLabel = (label: string) =>
    lines
      .find((line) => line.startsWith(label))
      ?.slice(label.length)
      .trim();
  return {
    version,
    releaseImage: afterLabel('release image '),
    releaseArchitecture: afterLabel('release architecture '),
  };
}

/** Runs a program to its end; `code` is null when it could not be started or was killed. */
export type RunProgram = (
  file: string,
  args: readonly string[],
) => Promise<{ readonly code: number | null; readonly stdout: string }>;

/** @returns a function that reads a program's version, and runs the program again only after its file has changed. */
export function versionProbe(run: RunProgram): (file: string) => Promise<InstallerVersion> {
  const versions = new Map<string, Promise<InstallerVersion>>();
  return async (file) => {
    const { mtimeMs, size, ino } = await stat(file);
    const key = `${file} ${mtimeMs} ${size} ${ino}`;
    const known = versions.get(key);
    if (known) return known;
    const version = probeVersion(run, file);
    versions.set(key, version);
    version.catch(() => versions.delete(key));
    return version;
  };
}

async function probeVersion(run: RunProgram, file: string): Promise<InstallerVersion> {
  const { code, stdout } = await run(file, ['version']);
  if (code === 0) return readInstallerVersion(stdout);
  throw new InstallerError(
    'INSTALLER_VERSION_UNREADABLE',
    code === null ? `${file} version timed out` : `${file} version failed with exit code ${code}`,
  );
}

const VERSION = /^((\d+\.\d+)\.\d+)(?:-([0-9A-Za-z.-]+))?(?:\+.*)?$/;

/** @returns undefined for text that is not a version */
function parseVersion(version: string): { release: string; minor: string; prerelease: string } | undefined {
  const [, release, minor, prerelease = ''] = VERSION.exec(version) ?? [];
  return release === undefined || minor === undefined ? undefined : { release, minor, prerelease };
}

/** @returns the minor line of a version, such as `4.20`; undefined for text that is not a version. */
export function minorOf(version: string): string | undefined {
  return parseVersion(version)?.minor;
}

export function isPrerelease(version: string): boolean {
  return Boolean(parseVersion(version)?.prerelease);
}

/** Orders by semantic versioning (a release comes after its candidates); text that is not a version comes first. */
export function compareVersions(a: string, b: string): number {
  const left = parseVersion(a);
  const right = parseVersion(b);
  if (!left || !right) return left ? 1 : right ? -1 : a.localeCompare(b);
  return (
    inOrder(left.release, right.release) ||
    Number(left.prerelease === '') - Number(right.prerelease === '') ||
    inOrder(left.prerelease, right.prerelease)
  );
}

/** Digits are compared as numbers: `ec.2` comes before `ec.10`. */
function inOrder(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
