import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { acquireLockFile } from '../../../../src/control-plane/kernel/db/lock-file.ts';
import { SetupError } from '../../../../src/control-plane/kernel/errors.ts';
import { bundleScript, type ChildScript, type ScriptProcess } from '../../../setup/child-script.ts';

let script: ChildScript;
let directory: string;
let path: string;
const children: ScriptProcess[] = [];

beforeAll(async () => {
  script = await bundleScript(new URL('lock-holder.ts', import.meta.url));
});
afterAll(() => script.remove());
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ocpctl-lock-'));
  path = join(directory, 'owner.lock');
});
afterEach(async () => {
  await Promise.all(children.splice(0).map(kill));
  rmSync(directory, { recursive: true, force: true });
});

/** Starts a process that tries to take the lock. @returns it with what it said: `held`, or the refusal. */
async function contend(): Promise<{ child: ScriptProcess; said: string }> {
  const child = script.start(path);
  children.push(child);
  const [said] = await once(child.stdout.setEncoding('utf8'), 'data');
  return { child, said: String(said).trim() };
}

async function kill(child: ScriptProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

function editHolder(change: Record<string, unknown>): void {
  const holder: Record<string, unknown> = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify({ ...holder, ...change }));
}

test('a second process is refused, is told who holds the lock, and harms nothing', async () => {
  const { child } = await contend();
  const before = readFileSync(path, 'utf8');
  const second = await contend();
  expect(second.said).toContain(`in use by process ${child.pid}`);
  expect(readFileSync(path, 'utf8')).toBe(before);
  expect(readdirSync(directory)).toEqual(['owner.lock']);
});

test('the same process is refused too', () => {
  const lock = acquireLockFile(path);
  expect(() => acquireLockFile(path)).toThrow(SetupError);
  lock.release();
  acquireLockFile(path).release();
  expect(existsSync(path)).toBe(false);
});

test('the lock of a killed process is reclaimed, by one of those that want it', async () => {
  const { child } = await contend();
  await kill(child);
  const outcomes = await Promise.all([contend(), contend(), contend(), contend()]);
  expect(outcomes.filter(({ said }) => said === 'held')).toHaveLength(1);
  expect(readdirSync(directory)).toEqual(['owner.lock']);
});

test('a reclaim that was killed half-way does not keep the lock from the next one', async () => {
  const { child } = await contend();
  await kill(child);
  writeFileSync(`${path}.reclaim`, readFileSync(path));
  acquireLockFile(path).release();
  expect(readdirSync(directory)).toEqual([]);
});

test.runIf(existsSync('/proc/self/stat'))(
  'a process that got the number of the dead holder is not taken for it',
  () => {
    acquireLockFile(path);
    editHolder({ startTicks: '1' });
    acquireLockFile(path).release();
  },
);

test.runIf(existsSync('/proc/self/stat'))('a holder from before the last boot is dead', () => {
  acquireLockFile(path);
  editHolder({ bootId: 'another boot' });
  acquireLockFile(path).release();
});

test('a holder of another host or container cannot be checked, so its lock is not stolen', () => {
  acquireLockFile(path);
  editHolder({ host: 'elsewhere', bootId: 'another boot', pid: 1 });
  expect(() => acquireLockFile(path)).toThrow('in use by process 1 of elsewhere, another host or container');
});

test('a file that is not a lock of ours is left alone', () => {
  writeFileSync(path, 'precious');
  expect(() => acquireLockFile(path)).toThrow('is not a lock file of ocpctl');
  expect(readFileSync(path, 'utf8')).toBe('precious');
});

test('who lost the lock does not remove the next holder’s', () => {
  const lock = acquireLockFile(path);
  editHolder({ id: 'next holder' });
  lock.release();
  expect(existsSync(path)).toBe(true);
});
