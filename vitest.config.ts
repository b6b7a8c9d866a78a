import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongFilesFirst } from './test/setup/long-files-first.ts';
import { isUnitTest, mocksModules, runsInstallers, testFilesBelow } from './test/setup/test-files.ts';

const cores = availableParallelism();
const POSTGRES = 'test/setup/postgres.ts';
/** The main promises with real processes, in a minute: part of `npm test`. */
const SMOKE = ['test/e2e/lifecycle.test.ts', 'test/e2e/deadline.test.ts'];
/** Whole installations as users run them; the stand-in installer; durability of PGlite, which waits for the disk at each write; locks between processes. */
const END_TO_END = /^test\/(e2e|chaos)\/|\/(pglite[^/]*|lock-file)\.test\.ts$/;
/** Need Python, Go or programs that are not ours: `npm run test:aws`, `test:ci-files`, `test:focus`, `test:kubernetes`, `test:security`. */
const SUITES = /^test\/(aws|ci-files|focus|kubernetes|security)\//;

/** On a machine that is busy, slow is not failed. */
const SLOW = { testTimeout: 240_000, hookTimeout: 120_000 };
const END_TO_END_OPTIONS = { globalSetup: [POSTGRES], ...SLOW };

const files = testFilesBelow('test').filter((file) => !SUITES.test(file));
const take = (isWanted: (file: string) => boolean): string[] => {
  const taken = files.filter(isWanted);
  for (const file of taken) files.splice(files.indexOf(file), 1);
  return taken;
};

export default defineConfig({
  test: {
    env: { FORCE_COLOR: '0', COLUMNS: '100', TZ: 'UTC', NODE_ENV: 'test' },
    disableConsoleIntercept: true,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Tests wait for processes and clocks: one more than there are cores keeps those busy.
    maxWorkers: cores + 1,
    // The files of a worker share the modules that they import: the product has no state at import, and to load it for each of 200
    // files costs as much as to test it (test/control-plane/http: 156 s of CPU with isolation, 87 s without).
    isolate: false,
    sequence: { sequencer: LongFilesFirst },
    projects: [
      project(
        'repository',
        take((file) => file.startsWith('test/repository/')),
      ),
      project(
        'package',
        take((file) => file.startsWith('test/package/')),
        // They pack, install and generate in processes of their own: as slow as the machine.
        SLOW,
      ),
      project(
        'smoke',
        take((file) => SMOKE.includes(file)),
        END_TO_END_OPTIONS,
      ),
      project(
        'e2e',
        take((file) => END_TO_END.test(file) || runsInstallers(file)),
        // Each test is many processes, for which half of the cores are left.
        {
          ...END_TO_END_OPTIONS,
          maxWorkers: Math.max(2, Math.floor(cores / 2)),
          sequence: { groupOrder: 1 },
        },
      ),
      project('isolated', take(mocksModules), { isolate: true }),
      project('unit', take(isUnitTest)),
      project(
        'integration',
        take(() => true),
        { globalSetup: [POSTGRES] },
      ),
    ],
  },
});

function project(name: string, include: string[], options: object = {}) {
  return { extends: true as const, test: { name, include, ...options } };
}
