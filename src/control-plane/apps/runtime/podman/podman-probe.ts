import { createWriteStream } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import type { RuntimeStatus } from '../runtime.ts';
import { RuntimeError } from '../runtime-error.ts';
import type { Podman } from './podman.ts';

const INSTALL = 'apt-get install --no-install-recommends';
const PACKAGES = 'podman runc crun netavark aardvark-dns catatonit busybox-static';
/** Networks and users of users without rights of root. */
const ROOTLESS_PACKAGES = `${PACKAGES} slirp4netns uidmap`;
const IMAGE = 'localhost/ocpctl-probe:1';
/** Programs without libraries, which run in an image that has nothing else, and what makes each end with success. */
const PROBE_PROGRAMS = [
  { name: 'catatonit', argument: '--version' },
  { name: 'busybox', argument: 'true' },
];
const LIMITS = ['--memory', '32m', '--memory-swap', '32m', '--cpus', '0.5', '--pids-limit', '16'];

/** Runs a container of our own as instances are run: what podman says of itself is not what the host allows. */
export async function probePodman(podman: Podman, directory: string): Promise<RuntimeStatus> {
  try {
    const version = (await podman.run(['version', '--format', '{{.Client.Version}}'])).trim();
    const missing = ['netavark', 'aardvark-dns'].filter((name) => podman.findTool(name) === undefined);
    if (missing.length > 0)
      return unusable(
        `podman ${version} cannot make networks with names: ${missing.join(' and ')} not found`,
      );
    const facts = [`podman ${version}, ${isRoot() ? 'as root' : 'as a user without rights of root'}`];
    if (podman.findTool('catatonit') === undefined)
      facts.push(
        'catatonit is missing: programs that do not handle SIGTERM are killed after the grace period',
      );
    return { isUsable: true, facts: [...facts, await tryContainer(podman, directory)] };
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    // Installing again does not fix a podman that is there and refuses.
    const isMissing = podman.findTool('podman') === undefined;
    return isMissing ? unusable(error.message) : { isUsable: false, facts: [error.message] };
  }
}

async function tryContainer(podman: Podman, directory: string): Promise<string> {
  const program = PROBE_PROGRAMS.find(({ name }) => podman.findTool(name) !== undefined);
  const path = program === undefined ? undefined : podman.findTool(program.name);
  if (program === undefined || path === undefined)
    return 'no container was tried: neither catatonit nor busybox-static is installed';
  const { code } = await podman.try(['image', 'exists', IMAGE]);
  if (code !== 0) await importImage(podman, path, directory);
  const args = ['run', '--rm', '--network', 'podman', ...LIMITS, IMAGE, '/probe', program.argument];
  const { stderr } = await podman.runForResult(args);
  return /not supported|ignored/i.test(stderr)
    ? 'memory, processors and processes are not limited: podman ignores limits here'
    : 'memory, processors and processes are limited, each environment has a network of its own';
}

async function importImage(podman: Podman, program: string, directory: string): Promise<void> {
  const archive = join(directory, `probe-${process.pid}.tar`);
  const tar = pack();
  tar.entry({ name: 'probe', mode: 0o755 }, await readFile(program));
  tar.finalize();
  try {
    await pipeline(tar, createWriteStream(archive, { mode: 0o600 }));
    await podman.run(['import', '--quiet', archive, IMAGE]);
  } finally {
    await rm(archive, { force: true });
  }
}

function unusable(fact: string): RuntimeStatus {
  return { isUsable: false, facts: [fact], remedy: `${INSTALL} ${isRoot() ? PACKAGES : ROOTLESS_PACKAGES}` };
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}
