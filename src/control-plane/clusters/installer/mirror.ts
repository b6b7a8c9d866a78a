import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../kernel/errors.ts';
import { InstallerError } from './installer-error.ts';
import { describeNeed, type InstallerNeed, type ReleaseArchitecture } from './installer-need.ts';
import { compareVersions, isPrerelease, minorOf, type RunProgram } from './installer-version.ts';

const DEFAULT_MIRROR_URL = 'https://mirror.openshift.com/pub/openshift-v4';
/** Where the mirror has the installers of a release image. */
const RELEASE_TREES: Readonly<Record<ReleaseArchitecture, string>> = {
  amd64: 'x86_64/clients',
  arm64: 'aarch64/clients',
  s390x: 's390x/clients',
  multi: 'multi/clients',
};
/** The architecture of machines, as Go and the mirror name it. */
const GO_ARCH: Readonly<Partial<Record<NodeJS.Architecture, string>>> = { x64: 'amd64', ppc64: 'ppc64le' };

/**
 * Verifies a checksum list. `signature` is the mirror's `sha256sum.txt.gpg`, which is either detached or contains the list.
 * @returns the signed bytes; only these may be trusted. Throws when no trusted key made the signature.
 */
export type VerifySignature = (input: { content: Uint8Array; signature: Uint8Array }) => Promise<Uint8Array>;

export interface MirrorOptions {
  /** Default: the public mirror. */
  readonly baseUrl?: string | undefined;
  /** Of the machine that runs the installer; default: this one. */
  readonly platform?: NodeJS.Platform | undefined;
  readonly hostArch?: NodeJS.Architecture | undefined;
  /** Set when a keyring is configured; otherwise only the checksum is checked. */
  readonly verifySignature?: VerifySignature | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The archive of one version, and what it must be. */
export interface MirrorRelease {
  readonly url: string;
  readonly sha256: string;
  /** Of the checksum list. */
  readonly signature: 'verified' | 'not-checked';
}

/**
 * Finds a version by asking for its `sha256sum.txt`. Candidates may be among the releases or the previews.
 * @throws InstallerError INSTALLER_VERSION_UNKNOWN (the hint lists what the mirror has), INSTALLER_DOWNLOAD_FAILED,
 *   INSTALLER_SIGNATURE_INVALID
 */
export async function findRelease(need: InstallerNeed, options: MirrorOptions): Promise<MirrorRelease> {
  const { version } = need;
  for (const stream of streamsOf(version)) {
    const folder = `${treeOf(need, options)}/${stream}/${version}${hostFolder(need, options)}`;
    const listUrl = `${folder}/sha256sum.txt`;
    const response = await getFromMirror(listUrl, options);
    if (response.status === 404) continue;
    const list = await verifiedList(listUrl, await readBody(response, listUrl), options);
    const name = archiveNameOf(need, options);
    const signature = options.verifySignature ? 'verified' : 'not-checked';
    return { url: `${folder}/${name}`, sha256: checksumOf(name, list), signature };
  }
  const known = await versionsOnMirror(need, options);
  throw new InstallerError(
    'INSTALLER_VERSION_UNKNOWN',
    `the mirror has no openshift-install ${describeNeed(need)}`,
    {
      hint: known.length > 0 ? `it has ${known.join(', ')}` : `looked in ${treeOf(need, options)}/`,
    },
  );
}

/** One GET. @throws InstallerError INSTALLER_DOWNLOAD_FAILED for anything but an answer of 2xx or 404 */
export async function getFromMirror(url: string, { signal }: MirrorOptions): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, signal ? { signal } : {});
  } catch (thrown) {
    signal?.throwIfAborted();
    throw downloadFailed(`GET ${url}: ${messageOf(thrown)}`, thrown);
  }
  if (!response.ok && response.status !== 404) throw downloadFailed(`GET ${url}: HTTP ${response.status}`);
  return response;
}

async function readBody(response: Response, url: string): Promise<Uint8Array> {
  if (!response.ok) throw downloadFailed(`GET ${url}: HTTP ${response.status}`);
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (thrown) {
    throw downloadFailed(`GET ${url}: ${messageOf(thrown)}`, thrown);
  }
}

async function verifiedList(
  listUrl: string,
  content: Uint8Array,
  options: MirrorOptions,
): Promise<Uint8Array> {
  if (!options.verifySignature) return content;
  const url = `${listUrl}.gpg`;
  const signature = await readBody(await getFromMirror(url, options), url);
  try {
    return await options.verifySignature({ content, signature });
  } catch (thrown) {
    throw new InstallerError('INSTALLER_SIGNATURE_INVALID', `invalid signature of ${listUrl}`, {
      hint: messageOf(thrown),
      cause: thrown,
    });
  }
}

/** @returns the SHA-256 that the list names for a file. @throws InstallerError INSTALLER_VERSION_UNKNOWN */
function checksumOf(name: string, list: Uint8Array): string {
  for (const line of new TextDecoder().decode(list).split(/\r?\n/)) {
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

async function versionsOnMirror(need: InstallerNeed, options: MirrorOptions): Promise<string[]> {
  const found = new Set<string>();
  for (const stream of streamsOf(need.version)) {
    const response = await getFromMirror(`${treeOf(need, options)}/${stream}/`, options);
    if (!response.ok) continue;
    const page = await response.text();
    for (const [, name] of page.matchAll(/href="(?:[^"]*\/)?(\d+\.\d+\.\d+[^"/]*)\/"/g))
      if (name) found.add(name);
  }
  const sameMinor = [...found].filter((version) => minorOf(version) === minorOf(need.version));
  return (sameMinor.length > 0 ? sameMinor : [...found]).sort(compareVersions).slice(-10);
}

function streamsOf(version: string): string[] {
  return isPrerelease(version) ? ['ocp-dev-preview', 'ocp'] : ['ocp'];
}

function treeOf({ architecture }: InstallerNeed, { baseUrl = DEFAULT_MIRROR_URL }: MirrorOptions): string {
  return `${baseUrl.replace(/\/+$/, '')}/${RELEASE_TREES[architecture]}`;
}

/** Installers of all architectures are in a folder for each machine that runs them. */
function hostFolder({ architecture }: InstallerNeed, options: MirrorOptions): string {
  return architecture === 'multi' ? `/${goArchOf(options)}` : '';
}

function goArchOf({ hostArch = process.arch }: MirrorOptions): string {
  return GO_ARCH[hostArch] ?? hostArch;
}

/** An installer is named for the machine it runs on unless that is the cluster's own architecture on Linux. */
function archiveNameOf({ version, architecture, fips }: InstallerNeed, options: MirrorOptions): string {
  const { platform = process.platform } = options;
  const host = goArchOf(options);
  if (fips) return `openshift-install-rhel9-${host}.tar.gz`;
  if (platform === 'darwin')
    return `openshift-install-mac${host === 'arm64' ? '-arm64' : ''}-${version}.tar.gz`;
  const isOwn = architecture === 'multi' || architecture === host;
  return `openshift-install-linux${isOwn ? '' : `-${host}`}-${version}.tar.gz`;
}

export interface GpgOptions {
  /** Trusted public keys, in the format of gpgv (not ASCII-armored). */
  readonly keyring: string;
  readonly run: RunProgram;
  /** Where to put the few files that gpgv reads. */
  readonly tmpDir: string;
}

/** Verifies with `gpgv`, which trusts only the keys of the keyring: first as a detached signature, then as a signed list. */
export function gpgVerifier({ keyring, run, tmpDir }: GpgOptions): VerifySignature {
  return async ({ content, signature }) => {
    const dir = await mkdtemp(join(tmpDir, 'signature-'));
    const list = join(dir, 'sha256sum.txt');
    const signed = join(dir, 'sha256sum.txt.gpg');
    const output = join(dir, 'output');
    try {
      await writeFile(list, content);
      await writeFile(signed, signature);
      const common = ['--status-fd', '1', '--keyring', keyring];
      if (isGood(await run('gpgv', [...common, signed, list]))) return content;
      if (isGood(await run('gpgv', [...common, '--output', output, signed]))) return await readFile(output);
      throw new Error(`not signed by a key of ${keyring}`);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  };
}

/** Exit code 0 and gpgv's machine-readable line: a good signature by a key that is neither expired nor revoked. */
function isGood(result: { readonly code: number | null; readonly stdout: string }): boolean {
  return result.code === 0 && /^\[GNUPG:\] VALIDSIG [0-9A-F]{40}/m.test(result.stdout);
}
