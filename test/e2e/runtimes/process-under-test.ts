import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { openProcessRuntime } from '../../../src/control-plane/apps/runtime/process/process-runtime.ts';
import { systemClock } from '../../../src/control-plane/kernel/clock.ts';
import { findCgroupHierarchy } from '../../../src/control-plane/kernel/process/instance/cgroup-hierarchy.ts';
import { newId, type RuntimeUnderTest } from './runtime-under-test.ts';

const PROGRAM = fileURLToPath(new URL('instance-program.mjs', import.meta.url));
const RUNNER = fileURLToPath(new URL('../../../dist/instance-runner.js', import.meta.url));

export interface ProcessUnderTest extends RuntimeUnderTest {
  readonly directory: string;
}

export async function openProcessUnderTest(): Promise<ProcessUnderTest> {
  const directory = mkdtempSync(join(tmpdir(), 'ocpctl-runtime-'));
  chmodSync(directory, 0o711);
  const installationId = newId('ins');
  const app = join(directory, 'app');
  mkdirSync(app);
  cpSync(PROGRAM, join(app, 'program.mjs'));
  return {
    directory,
    open: () =>
      openProcessRuntime({
        directory: join(directory, 'process'),
        installationId,
        runnerPath: RUNNER,
        path: '/usr/local/bin:/usr/bin:/bin',
        clock: systemClock,
        log: pino({ level: 'silent' }),
      }),
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
    close: async () => rmSync(directory, { recursive: true, force: true }),
  };
}
