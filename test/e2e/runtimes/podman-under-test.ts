import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Podman } from '../../../src/control-plane/apps/runtime/podman/podman.ts';
import {
  openPodmanRuntime,
  type PodmanRuntimeOptions,
} from '../../../src/control-plane/apps/runtime/podman/podman-runtime.ts';
import { openPodmanStorage } from '../../../src/control-plane/apps/runtime/podman/podman-storage.ts';
import { systemClock } from '../../../src/control-plane/kernel/clock.ts';
import { newId } from '../../../src/control-plane/kernel/ids.ts';
import { controlGroupsOf, type RuntimeUnderTest } from './runtime-under-test.ts';

const PROGRAM = fileURLToPath(new URL('instance-program.mjs', import.meta.url));
const IMAGE = 'localhost/instance-program:1';
const BUSYBOX = '/bin/busybox';
const ENVIRONMENT = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/' };

export interface PodmanUnderTest extends RuntimeUnderTest {
  readonly directory: string;
  readonly options: PodmanRuntimeOptions;
  readonly podman: Podman;
}

/** @returns why podman cannot run the suite; undefined when it can */
export async function whyNoPodman(): Promise<string | undefined> {
  const directory = mkdtempSync(join(tmpdir(), 'ocpctl-podman-'));
  const options = { directory, installationId: newId('ins'), environment: ENVIRONMENT, clock: systemClock };
  try {
    const { isUsable, facts, remedy } = await openPodmanRuntime(options).probe();
    if (!isUsable) return `${facts.join('; ')} (${remedy})`;
    return existsSync(BUSYBOX) ? undefined : 'busybox-static is not installed';
  } finally {
    await removeStorage(options);
  }
}

export async function openPodmanUnderTest(): Promise<PodmanUnderTest> {
  const directory = mkdtempSync(join(tmpdir(), 'ocpctl-podman-'));
  const options = { directory, installationId: newId('ins'), environment: ENVIRONMENT, clock: systemClock };
  const podman = new Podman({ storage: openPodmanStorage(options), environment: ENVIRONMENT });
  await importProgram(podman, directory);
  const { facts } = await openPodmanRuntime(options).probe();
  return {
    directory,
    options,
    podman,
    open: () => openPodmanRuntime(options),
    artifact: { kind: 'image', reference: IMAGE },
    command: ['/usr/local/bin/node', '/app/program.mjs'],
    variables: {},
    containerPort: 8080,
    hasNetworks: true,
    hasLimits: facts.some((fact) => fact.startsWith('memory, processors and processes are limited')),
    makeVolume: async () => {
      const name = newId('vol');
      await podman.run(['volume', 'create', name]);
      return name;
    },
    volumePath: (target) => target,
    controlGroups: () => controlGroupsOf(options.installationId),
    close: () => removeStorage(options),
  };
}

/** An image of this Node.js with its libraries and busybox: no registry is needed. */
async function importProgram(podman: Podman, directory: string): Promise<void> {
  const root = join(directory, 'rootfs');
  const add = (from: string, to = from) => {
    mkdirSync(join(root, dirname(to)), { recursive: true });
    cpSync(from, join(root, to), { dereference: true });
  };
  add(process.execPath, '/usr/local/bin/node');
  const libraries = execFileSync('ldd', [process.execPath], { encoding: 'utf8' });
  for (const [library] of libraries.matchAll(/\/\S+/g)) if (library !== process.execPath) add(library);
  for (const name of ['sh', 'sleep', 'setsid']) add(BUSYBOX, `/bin/${name}`);
  add(PROGRAM, '/app/program.mjs');
  const archive = join(directory, 'rootfs.tar');
  execFileSync('tar', ['-C', root, '-cf', archive, '.']);
  rmSync(root, { recursive: true });
  await podman.run(['import', '--quiet', archive, IMAGE]);
  rmSync(archive);
}

async function removeStorage(options: Parameters<typeof openPodmanStorage>[0]): Promise<void> {
  const storage = openPodmanStorage(options);
  const podman = new Podman({ storage, environment: ENVIRONMENT });
  // Unmounts what it has mounted.
  await podman.run(['system', 'reset', '--force']).catch(() => undefined);
  for (const folder of [storage.directory, storage.runDirectory])
    rmSync(folder, { recursive: true, force: true });
}
