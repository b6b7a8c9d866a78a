import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { acquireLockFile } from '../../../../src/control-plane/kernel/db/lock-file.ts';
import { SetupError } from '../../../../src/control-plane/kernel/errors.ts';
import { bundleScript, type ChildScript, type ScriptProcess } from '../../../setup/child-script.ts';

let script: ChildScript;
/** Of all tests of this file: removed when every process of them has ended. */
let base: string;
let directory: string;
let path: string;
const children: ScriptProcess[] = [];

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'ocpctl-lock-'));
  script = await bundleScript(new URL('lock-holder.ts', import.meta.url));
});
afterAll(() => {
  script.remove();
  rmSync(base, { recursive: true, force: true, maxRetries: 10 });
});
beforeEach(() => {
  directory = mkdtempSync(join(base, 'd-'));
  path = join(directory, 'owner.lock');
});
afterEach(async () => {
  await Promise.all(children.splice(0).map(kill));
  rmSync(directory, { recursive: true, force: true });
});

/** Starts processes, then lets them try to take the lock at once. @returns each with what it said: `held`, or the refusal. */
async function contendAll(number: number, start = () => script.start(path)) {
  const started = Array.from({ length: number }, start);
  children.push(...started);
  await Promise.all(started.map(nextLine));
  return Promise.all(
    started.map(async (child) => {
      child.stdin.write('go');
      return { child, said: await nextLine(child) };
    }),
  );
}

async function nextLine(child: ScriptProcess): Promise<string> {
  const [said] = await once(child.stdout.setEncoding('utf8'), 'data');
  return String(said).trim();
}

async function contend(start?: () => ScriptProcess): Promise<{ child: ScriptProcess; said: string }> {
  const [outcome] = await contendAll(1, start);
  if (outcome === undefined) throw new Error('no process was started');
  return outcome;
}

/** The same in a PID namespace of its own, as in a container: there it is process 1. */
const CONTAINER = ['--pid', '--fork', '--mount-proc', '--kill-child=SIGKILL'];
function contendInContainer() {
  return contend(() =>
    spawn('unshare', [...CONTAINER, process.execPath, script.file, path], {
      stdio: ['pipe', 'pipe', 'inherit'],
    }),
  );
}
/** Needs Linux and root. */
const hasContainers = spawnSync('unshare', [...CONTAINER, 'true']).status === 0;

async function kill(child: ScriptProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  // The end of its output, not of the process alone: `unshare` ends before the process that it started.
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  child.stdout.resume();
  await closed;
}

function editHolder(change: Record<string, unknown>): void {
  const holder: Record<string, unknown> = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify({ ...holder, ...change }));
}

/** A lock file as older versions wrote it, and as it is where the file system has no sockets. */
const withoutSocket = { socket: undefined, since: undefined };

/** The lock file and its socket. */
const LOCK_FILES = [expect.stringMatching(/^owner\.lock$/), expect.stringMatching(/^owner\.lock\..+\.sock$/)];

test('V4: a second process is refused, is told who holds the lock, and harms nothing', async () => {
  const { child } = await contend();
  const before = readFileSync(path, 'utf8');
  const second = await contend();
  expect(second.said).toContain(
    `the directory ${directory} is in use by process ${child.pid} of ${hostname()} since 2`,
  );
  expect(readFileSync(path, 'utf8')).toBe(before);
  expect(readdirSync(directory).sort()).toEqual(LOCK_FILES);
});

test('the same process is refused too, and nothing is left after the release', async () => {
  const lock = await acquireLockFile(path);
  await expect(acquireLockFile(path)).rejects.toThrow(SetupError);
  lock.release();
  (await acquireLockFile(path)).release();
  expect(readdirSync(directory)).toEqual([]);
});

test('V4: of ten processes that start at once, one gets the lock: also that of a killed process', async () => {
  for (let round = 0; round < 2; round++) {
    const outcomes = await contendAll(10);
    const held = outcomes.filter(({ said }) => said === 'held');
    expect(held).toHaveLength(1);
    for (const { said } of outcomes) expect(said).toMatch(/^held$|is in use by process \d+/);
    expect(readdirSync(directory).sort()).toEqual(LOCK_FILES);
    await Promise.all(children.splice(0).map(kill));
  }
}, 30_000);

test('V4: of a hundred attempts of one process at once, one gets the lock of a killed process', async () => {
  const { child } = await contend();
  await kill(child);
  const outcomes = await Promise.allSettled(Array.from({ length: 100 }, () => acquireLockFile(path)));
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(readdirSync(directory).sort()).toEqual(LOCK_FILES);
});

test('a reclaim that was killed half-way does not keep the lock from the next one', async () => {
  const { child } = await contend();
  await kill(child);
  writeFileSync(`${path}.reclaim`, readFileSync(path));
  (await acquireLockFile(path)).release();
  expect(readdirSync(directory)).toEqual([]);
});

test('V4: a process that stands still keeps the lock', async () => {
  const { child } = await contend();
  child.kill('SIGSTOP');
  await expect(acquireLockFile(path)).rejects.toThrow(`in use by process ${child.pid}`);
});

test.skipIf(!hasContainers)(
  'V4: a killed container starts again, a second one beside a live one is refused (needs unshare and root)',
  async () => {
    for (let start = 0; start < 3; start++) {
      const { child, said } = await contendInContainer();
      expect(said).toBe('held');
      expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: 1 });
      expect((await contendInContainer()).said).toContain('in use by process 1');
      expect((await contend()).said).toContain('in use by process 1');
      await kill(child);
    }
    expect((await contend()).said).toBe('held');
  },
  30_000,
);

test('V4: a live process that got the number of the dead holder is not taken for it', async () => {
  const { child } = await contend();
  await kill(child);
  editHolder({ pid: process.pid, startTicks: undefined });
  (await acquireLockFile(path)).release();
});

test('V4: a holder from before the last boot is dead', async () => {
  const { child } = await contend();
  await kill(child);
  editHolder({ bootId: 'another boot', pid: process.pid });
  (await acquireLockFile(path)).release();
});

test('V4: what killed processes left beside the lock file is removed after a minute, sockets in use are not', async () => {
  const { child } = await contend();
  await kill(child);
  rmSync(path);
  writeFileSync(`${path}.${randomUUID()}`, 'a draft');
  writeFileSync(`${path}.kept`, 'another file');
  const inUse = `${path}.${randomUUID()}.sock`;
  const listener = createServer().listen(inUse);
  await once(listener, 'listening');
  const age = (seconds: number) => {
    const at = Date.now() / 1000 - seconds;
    for (const name of readdirSync(directory)) utimesSync(join(directory, name), at, at);
  };
  age(50);
  (await acquireLockFile(path)).release();
  expect(readdirSync(directory)).toHaveLength(4);
  age(70);
  (await acquireLockFile(path)).release();
  expect(readdirSync(directory).sort()).toEqual([basename(inUse), 'owner.lock.kept'].sort());
  listener.close();
});

test('V4: a holder of another host cannot be checked, so its lock is not stolen', async () => {
  const { child } = await contend();
  await kill(child);
  editHolder({ host: 'elsewhere', bootId: 'another boot', pid: 1 });
  const refused = await acquireLockFile(path).catch((error: unknown) => error);
  expect(refused).toMatchObject({
    message: expect.stringContaining('in use by process 1 of elsewhere, another host or container since 2'),
    hint: `stop that server, or use another directory; if that server is certain to be gone, remove ${path}`,
  });
});

test('V4: the path of the data directory may be longer than that of a socket', async () => {
  directory = join(directory, 'a'.repeat(120), 'b'.repeat(120));
  mkdirSync(directory, { recursive: true });
  path = join(directory, 'owner.lock');
  const { child } = await contend();
  expect(readdirSync(directory).sort()).toEqual(process.platform === 'linux' ? LOCK_FILES : ['owner.lock']);
  expect((await contend()).said).toContain(`in use by process ${child.pid}`);
  await kill(child);
  (await acquireLockFile(path)).release();
  expect(readdirSync(directory)).toEqual([]);
});

describe.runIf(existsSync('/proc/self/stat'))('a lock file without a socket', () => {
  test('of a live process is respected, of a dead one reclaimed', async () => {
    const { child } = await contend();
    editHolder(withoutSocket);
    await expect(acquireLockFile(path)).rejects.toThrow(`in use by process ${child.pid}`);
    await kill(child);
    (await acquireLockFile(path)).release();
  });

  test('is reclaimed when another process got the number of its dead holder', async () => {
    await acquireLockFile(path);
    editHolder({ ...withoutSocket, startTicks: '1' });
    (await acquireLockFile(path)).release();
  });

  test('cannot be checked across containers', async () => {
    await acquireLockFile(path);
    editHolder({ ...withoutSocket, pidNamespace: 'pid:[1]' });
    await expect(acquireLockFile(path)).rejects.toThrow('another host or container');
  });

  test('whose socket was removed while its process lives is respected', async () => {
    const { child } = await contend();
    for (const name of readdirSync(directory)) if (name.endsWith('.sock')) rmSync(join(directory, name));
    await expect(acquireLockFile(path)).rejects.toThrow(`in use by process ${child.pid}`);
  });
});

test('a file that is not a lock file of ocpctl is left alone', async () => {
  writeFileSync(path, 'precious');
  await expect(acquireLockFile(path)).rejects.toThrow('is not a lock file of ocpctl');
  expect(readFileSync(path, 'utf8')).toBe('precious');
  expect(readdirSync(directory)).toEqual(['owner.lock']);
});

test('who lost the lock does not remove the next holder’s', async () => {
  const lock = await acquireLockFile(path);
  editHolder({ id: 'next holder' });
  lock.release();
  expect(existsSync(path)).toBe(true);
});

test.skipIf(process.getuid?.() !== 0 || process.platform !== 'linux')(
  'N14: a lock that a full disk does not take says so, and what to do (needs root)',
  async () => {
    // No inodes left: the first file of the file system is its root.
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,nr_inodes=1', 'tmpfs', directory]);
    try {
      const refused = await acquireLockFile(path).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(SetupError);
      expect(refused).toMatchObject({
        message: expect.stringMatching(/lock file .*owner\.lock: .*no space left on device/),
        hint: 'the disk is full: free space on it, then run the command again',
      });
    } finally {
      spawnSync('umount', ['-l', directory]);
    }
  },
);
