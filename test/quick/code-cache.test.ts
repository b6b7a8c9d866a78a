import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startCli, temporaryFolder } from '../commands/support/run-cli.ts';

const LONG_AGO = new Date('2026-01-01T00:00:00Z');

/** Runs a command that needs no server. @returns the file of its code */
async function run(home: string, env: NodeJS.ProcessEnv = {}): Promise<string | undefined> {
  const { code, stdout } = await startCli(['context', 'list', '--json'], { HOME: home, ...env }).finished;
  expect({ code, stdout: JSON.parse(stdout) }).toEqual({ code: 0, stdout: { items: [], nextCursor: null } });
  const directory = join(home, '.cache/ocpctl');
  if (!existsSync(directory)) return undefined;
  const found = readdirSync(directory).filter((name) => !name.endsWith('.tmp') && name !== 'node');
  return found.length === 1 ? join(directory, found[0] ?? '') : undefined;
}

test('the first run keeps its code for this user only, and the next ones use it', async () => {
  const home = temporaryFolder();
  const file = (await run(home)) ?? '';
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(join(home, '.cache/ocpctl')).mode & 0o777).toBe(0o700);
  utimesSync(file, new Date(), LONG_AGO);
  expect(await run(home)).toBe(file);
  expect(statSync(file).mtime).toEqual(LONG_AGO);
});

test.each([
  ['is damaged', (file: string) => truncateSync(file, 1_000)],
  ['is of something else', (file: string) => writeFileSync(file, 'something else')],
  ['is writable by other users', (file: string) => chmodSync(file, 0o620)],
])('code that %s is not run, but made again', async (_, spoil) => {
  const home = temporaryFolder();
  const file = (await run(home)) ?? '';
  const { size } = statSync(file);
  spoil(file);
  utimesSync(file, new Date(), LONG_AGO);
  expect(await run(home)).toBe(file);
  expect(statSync(file)).toMatchObject({ mode: 0o100_600 });
  expect(statSync(file).mtimeMs).toBeGreaterThan(LONG_AGO.getTime());
  expect(statSync(file).size).toBeGreaterThan(size / 2);
});

test('code that was made more than a month ago is removed when other code is kept', async () => {
  const home = temporaryFolder();
  const directory = join(home, '.cache/ocpctl');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'old.v8'), '');
  utimesSync(join(directory, 'old.v8'), LONG_AGO, LONG_AGO);
  const file = await run(home);
  expect(readdirSync(directory)).toEqual([file?.slice(directory.length + 1)]);
});

test.each([
  ['a home that is not there', (home: string) => ({ HOME: join(home, 'missing') })],
  [
    'a file where the directory would be',
    (home: string) => {
      writeFileSync(join(home, '.cache'), '');
      return {};
    },
  ],
  ['NODE_DISABLE_COMPILE_CACHE', () => ({ NODE_DISABLE_COMPILE_CACHE: '1' })],
])('%s costs the speed, not the command', async (_, prepare) => {
  const home = temporaryFolder();
  expect(await run(home, prepare(home))).toBeUndefined();
  expect(existsSync(join(home, 'missing'))).toBe(false);
});
