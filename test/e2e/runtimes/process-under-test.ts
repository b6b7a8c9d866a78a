import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import {
  openProcessRuntime,
  type ProcessRuntimeOptions,
} from '../../../src/control-plane/apps/runtime/process/process-runtime.ts';
import type { Runtime } from '../../../src/control-plane/apps/runtime/runtime.ts';
import { systemClock } from '../../../src/control-plane/kernel/clock.ts';
import { newId } from '../../../src/control-plane/kernel/ids.ts';
import { findCgroupHierarchy } from '../../../src/control-plane/kernel/process/instance/cgroup-hierarchy.ts';
import { controlGroupsOf, type RuntimeUnderTest } from './runtime-under-test.ts';

const PROGRAM = fileURLToPath(new URL('instance-program.mjs', import.meta.url));
const RUNNER = fileURLToPath(new URL('../../../dist/instance-runner.js', import.meta.url));

export interface ProcessUnderTest extends RuntimeUnderTest {
  open(changes?: Partial<ProcessRuntimeOptions>): Runtime;
  readonly directory: string;
  readonly options: Pick<ProcessRuntimeOptions, 'directory' | 'installationId' | 'runnerPath' | 'path'>;
}

export async function openProcessUnderTest(): Promise<ProcessUnderTest> {
  const directory = mkdtempSync(join(tmpdir(), 'ocpctl-runtime-'));
  chmodSync(directory, 0o711);
  const installationId = newId('ins');
  const app = join(directory, 'app');
  mkdirSync(app);
  cpSync(PROGRAM, join(app, 'program.mjs'));
  const options = {
    directory: join(directory, 'process'),
    installationId,
    runnerPath: RUNNER,
    path: '/usr/local/bin:/usr/bin:/bin',
  };
  return {
    directory,
    options,
    open: (changes) =>
      openProcessRuntime({ ...options, clock: systemClock, log: pino({ level: 'silent' }), ...changes }),
    artifact: { kind: 'directory', path: app },
    command: [process.execPath, 'program.mjs'],
    variables: { LISTEN_HOST: '127.0.0.1' },
    hasNetworks: false,
    hasLimits: findCgroupHierarchy() !== undefined,
    makeVolume: async () => {
      const volume = join(directory, newId('vol'));
      mkdirSync(volume);
      return volume;
    },
    volumePath: (_target, source) => source,
    controlGroups: () => controlGroupsOf(installationId),
    close: async () => rmSync(directory, { recursive: true, force: true }),
  };
}
