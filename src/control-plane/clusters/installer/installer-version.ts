import { stat } from 'node:fs/promises';
import { InstallerError } from './installer-error.ts';

/** What `openshift-install version` prints. */
export interface InstallerVersion {
  readonly version: string;
  readonly releaseImage: string | undefined;
}

/** @throws InstallerError INSTALLER_VERSION_UNREADABLE */
export function readInstallerVersion(stdout: string): InstallerVersion {
  const lines = stdout.split(/\r?\n/);
  // The first line repeats argv[0], which may be a path with spaces: only the last word counts.
  const version = /^.*\s(\S+)\s*$/.exec(lines[0] ?? '')?.[1]?.replace(/^v(?=\d)/, '');
  if (!version || version === 'unreleased') {
    throw new InstallerError('INSTALLER_VERSION_UNREADABLE', 'the installer does not print its version');
  }
  const label = 'release image ';
  const releaseImage = lines
    .find((line) => line.startsWith(label))
    ?.slice(label.length)
    .trim();
  return { version, releaseImage };
}

/** Runs a program to its end; `code` is null when it could not be started or was killed. */
export type RunProgram = (
  file: string,
  args: readonly string[],
) => Promise<{ readonly code: number | null; readonly stdout: string }>;

/** @returns a function that reads a program's version, and runs the program again only after its file has changed. */
export function versionProbe(run: RunProgram): (file: string) => Promise<string> {
  const versions = new Map<string, Promise<string>>();
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

async function probeVersion(run: RunProgram, file: string): Promise<string> {
  const { code, stdout } = await run(file, ['version']);
  if (code === 0) return readInstallerVersion(stdout).version;
  throw new InstallerError(
    'INSTALLER_VERSION_UNREADABLE',
    code === null ? `${file} version timed out` : `${file} version failed with exit code ${code}`,
  );
}

interface ParsedVersion {
  readonly numbers: readonly [number, number, number];
  readonly prerelease: readonly string[];
}

const VERSION = /^(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+.*)?$/;

function parseVersion(version: string): ParsedVersion | undefined {
  const [, major, minor, patch, prerelease] = VERSION.exec(version) ?? [];
  if (major === undefined) return undefined;
  return { numbers: [Number(major), Number(minor), Number(patch)], prerelease: prerelease?.split('.') ?? [] };
}

/** @returns the minor line of a version, such as `4.20`; undefined for text that is not a version. */
export function minorOf(version: string): string | undefined {
  return parseVersion(version)?.numbers.slice(0, 2).join('.');
}

export function isPrerelease(version: string): boolean {
  return (parseVersion(version)?.prerelease.length ?? 0) > 0;
}

/** Orders by semantic versioning (a release comes after its candidates); text that is not a version comes first. */
export function compareVersions(a: string, b: string): number {
  const left = parseVersion(a);
  const right = parseVersion(b);
  if (!left || !right) return left ? 1 : right ? -1 : a.localeCompare(b);
  for (const [i, number] of left.numbers.entries()) {
    const difference = number - (right.numbers[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return comparePrereleases(left.prerelease, right.prerelease);
}

function comparePrereleases(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const left = a[i];
    const right = b[i];
    if (left === undefined || right === undefined) return left === undefined ? -1 : 1;
    const difference = compareIdentifiers(left, right);
    if (difference !== 0) return difference;
  }
  return 0;
}

function compareIdentifiers(a: string, b: string): number {
  const leftIsNumber = /^\d+$/.test(a);
  const rightIsNumber = /^\d+$/.test(b);
  if (leftIsNumber && rightIsNumber) return Number(a) - Number(b);
  if (leftIsNumber !== rightIsNumber) return leftIsNumber ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
