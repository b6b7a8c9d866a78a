import { messageOf } from '../../kernel/errors.ts';
import { InstallerError } from './installer-error.ts';
import { compareVersions, isPrerelease, minorOf } from './installer-version.ts';

const DEFAULT_MIRROR_URL = 'https://mirror.openshift.com/pub/openshift-v4';

/** What the installed clusters run on; the mirror keeps one tree for each. */
export type ReleaseArch = 'x86_64' | 'aarch64' | 'ppc64le' | 's390x';

export interface MirrorOptions {
  /** Default: the public mirror. */
  readonly baseUrl?: string | undefined;
  /** Default: x86_64. */
  readonly releaseArch?: ReleaseArch | undefined;
  /** Of the machine that runs the installer; default: this one. */
  readonly platform?: NodeJS.Platform | undefined;
  readonly hostArch?: NodeJS.Architecture | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/** The folder of one version on the mirror, and the checksums in it. */
export interface MirrorRelease {
  readonly url: string;
  readonly archiveName: string;
  readonly checksums: Uint8Array;
}

/**
 * Finds the folder of a version by asking for its `sha256sum.txt`. Candidates may be among the releases or the previews.
 * @throws InstallerError INSTALLER_VERSION_UNKNOWN (the hint lists what the mirror has), INSTALLER_DOWNLOAD_FAILED
 */
export async function findRelease(
  version: string,
  options: MirrorOptions,
  signal?: AbortSignal,
): Promise<MirrorRelease> {
  for (const stream of streamsOf(version)) {
    const url = `${treeOf(options)}/${stream}/${version}`;
    const response = await getFromMirror(`${url}/sha256sum.txt`, options, signal);
    if (response.status === 404) continue;
    const checksums = new Uint8Array(await readMirrorBody(response, `${url}/sha256sum.txt`));
    return { url, archiveName: archiveNameOf(version, options), checksums };
  }
  const known = await versionsOnMirror(version, options, signal);
  throw new InstallerError('INSTALLER_VERSION_UNKNOWN', `the mirror has no openshift-install ${version}`, {
    hint: known.length > 0 ? `it has ${known.join(', ')}` : `looked in ${treeOf(options)}/`,
  });
}

/** One GET. @throws InstallerError INSTALLER_DOWNLOAD_FAILED for anything but an answer of 2xx or 404 */
export async function getFromMirror(
  url: string,
  options: MirrorOptions,
  signal?: AbortSignal,
): Promise<Response> {
  let response: Response;
  try {
    response = await (options.fetch ?? globalThis.fetch)(url, signal ? { signal } : {});
  } catch (thrown) {
    signal?.throwIfAborted();
    throw downloadFailed(`GET ${url}: ${messageOf(thrown)}`, thrown);
  }
  if (!response.ok && response.status !== 404) throw downloadFailed(`GET ${url}: HTTP ${response.status}`);
  return response;
}

/** Reads a small file to its end. @throws InstallerError INSTALLER_DOWNLOAD_FAILED */
export async function readMirrorBody(response: Response, url: string): Promise<ArrayBuffer> {
  if (!response.ok) throw downloadFailed(`GET ${url}: HTTP ${response.status}`);
  try {
    return await response.arrayBuffer();
  } catch (thrown) {
    throw downloadFailed(`GET ${url}: ${messageOf(thrown)}`, thrown);
  }
}

/** @returns the SHA-256 that the list names for a file. @throws InstallerError INSTALLER_VERSION_UNKNOWN */
export function checksumOf(name: string, checksums: Uint8Array): string {
  for (const line of new TextDecoder().decode(checksums).split(/\r?\n/)) {
    // The star is how the checksum tools mark binary mode.
    const [, hex, file] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? [];
    if (file === name && hex !== undefined) return hex;
  }
  throw new InstallerError('INSTALLER_VERSION_UNKNOWN', `the mirror's sha256sum.txt does not list ${name}`);
}

function downloadFailed(message: string, cause?: unknown): InstallerError {
  return new InstallerError('INSTALLER_DOWNLOAD_FAILED', message, {
    hint: 'check the mirror and the proxy, or install the program on the worker and set OCPCTL_INSTALLERS',
    cause,
  });
}

async function versionsOnMirror(
  wanted: string,
  options: MirrorOptions,
  signal?: AbortSignal,
): Promise<string[]> {
  const found = new Set<string>();
  for (const stream of streamsOf(wanted)) {
    const response = await getFromMirror(`${treeOf(options)}/${stream}/`, options, signal);
    if (!response.ok) continue;
    const page = await response.text();
    for (const [, name] of page.matchAll(/href="(?:[^"]*\/)?(\d+\.\d+\.\d+[^"/]*)\/"/g))
      if (name) found.add(name);
  }
  const sameMinor = [...found].filter((version) => minorOf(version) === minorOf(wanted));
  return (sameMinor.length > 0 ? sameMinor : [...found]).sort(compareVersions).slice(-10);
}

function streamsOf(version: string): string[] {
  return isPrerelease(version) ? ['ocp-dev-preview', 'ocp'] : ['ocp'];
}

function treeOf(options: MirrorOptions): string {
  const base = (options.baseUrl ?? DEFAULT_MIRROR_URL).replace(/\/+$/, '');
  return `${base}/${options.releaseArch ?? 'x86_64'}/clients`;
}

const GO_ARCH: Readonly<Record<string, string>> = {
  x64: 'amd64',
  arm64: 'arm64',
  ppc64: 'ppc64le',
  s390x: 's390x',
};
const RELEASE_GO_ARCH: Readonly<Record<ReleaseArch, string>> = {
  x86_64: 'amd64',
  aarch64: 'arm64',
  ppc64le: 'ppc64le',
  s390x: 's390x',
};

/** An installer is named for the machine it runs on unless that is the release's own architecture on Linux. */
function archiveNameOf(version: string, options: MirrorOptions): string {
  const platform = options.platform ?? process.platform;
  const hostArch = options.hostArch ?? process.arch;
  const goArch = GO_ARCH[hostArch] ?? hostArch;
  if (platform === 'darwin')
    return `openshift-install-mac${goArch === 'arm64' ? '-arm64' : ''}-${version}.tar.gz`;
  const isNative = goArch === RELEASE_GO_ARCH[options.releaseArch ?? 'x86_64'];
  return `openshift-install-linux${isNative ? '' : `-${goArch}`}-${version}.tar.gz`;
}
