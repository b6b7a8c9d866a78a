import { execFileSync } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import fs, { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Db } from '../../../../src/control-plane/kernel/db/db.ts';
import { openPglite, type PgliteOptions } from '../../../../src/control-plane/kernel/db/pglite.ts';
import { ENGINE_MAJOR } from '../../../../src/control-plane/kernel/db/pglite-directory.ts';
import { statement } from '../../../../src/control-plane/kernel/db/statement.ts';
import { DatabaseUnavailableError, SetupError } from '../../../../src/control-plane/kernel/errors.ts';
import { migratedDump } from '../../../setup/engines.ts';

const insertRow = statement({
  name: 'test.insert_row',
  text: 'insert into rows (id, filler) values ($1, $2)',
  params: { id: 'int4', filler: 'text' },
  row: {},
});
const countRows = statement({
  name: 'test.count_rows',
  text: 'select count(*) as n from rows',
  params: {},
  row: { n: 'int8' },
});
const engineVersion = statement({
  name: 'test.engine_version',
  text: "select current_setting('server_version_num') as version, current_setting('wal_level') as \"walLevel\"",
  params: {},
  row: { version: 'text', walLevel: 'text' },
});

/** A database directory that tests start from: copying it is quicker than making one durably. */
let template: string;
let directory: string;
let dataDir: string;
let watched: WatchedFiles;
const open: Db[] = [];

beforeAll(async () => {
  template = mkdtempSync(join(tmpdir(), 'ocpctl-pglite-template-'));
  await (await openPglite({ dataDir: template, loadDump: await migratedDump() })).close();
});
afterAll(() => rmSync(template, { recursive: true, force: true }));
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ocpctl-pglite-'));
  dataDir = join(directory, 'db');
  watched = new WatchedFiles();
});
afterEach(async () => {
  watched.release();
  for (const db of open.splice(0)) await db.close().catch(() => undefined);
  rmSync(directory, { recursive: true, force: true });
});

async function openDb(options: PgliteOptions = {}): Promise<Db> {
  if (!existsSync(dataDir)) cpSync(template, dataDir, { recursive: true });
  const db = await openPglite({ dataDir, loadDump: await migratedDump(), ...options });
  open.push(db);
  return db;
}

async function openWithRows(options: PgliteOptions = {}): Promise<Db> {
  const db = await openDb(options);
  await db.script('create table rows (id int4 primary key, filler text)');
  return db;
}

/** File calls that can be held back, made to fail, and looked at. */
class WatchedFiles {
  readonly calls: string[] = [];
  readonly #bus = new EventEmitter();
  readonly #paths = new Map<number, string>();
  readonly #held: (() => void)[] = [];
  holding = false;
  failure: NodeJS.ErrnoException | undefined;

  readonly files = {
    ...fs,
    openSync: (path: fs.PathLike, flags: fs.OpenMode) => {
      const handle = fs.openSync(path, flags);
      this.#paths.set(handle, String(path));
      return handle;
    },
    fsyncSync: (handle: number) => {
      this.calls.push(`fsyncSync ${this.#kind(handle)}`);
      fs.fsyncSync(handle);
    },
    fsync: ((handle: number, done: fs.NoParamCallback) => {
      this.calls.push(`fsync ${this.#kind(handle)}`);
      const run = () => (this.failure ? done(this.failure) : fs.fsync(handle, done));
      if (this.holding) this.#held.push(run);
      else run();
      this.#bus.emit('fsync');
    }) as typeof fs.fsync,
  };

  nextFsync(): Promise<unknown> {
    return once(this.#bus, 'fsync');
  }

  release(): void {
    this.holding = false;
    for (const run of this.#held.splice(0)) run();
  }

  #kind(handle: number): string {
    const path = this.#paths.get(handle) ?? '';
    return path.includes('/pg_wal/') ? 'wal' : /\/(base|global|pg_xact)\//.test(path) ? 'data' : 'other';
  }
}

describe('durability', () => {
  test('G11: a commit is acknowledged only after its WAL is on the disk', async () => {
    const db = await openWithRows({ files: watched.files });
    watched.holding = true;
    const asked = watched.nextFsync();
    let acknowledged = false;
    const insert = db.query(insertRow, { id: 1, filler: '' }).then(() => {
      acknowledged = true;
    });
    await asked;
    for (let i = 0; i < 10; i++) await turn();
    expect(acknowledged).toBe(false);
    watched.release();
    await insert;
    expect(watched.calls.at(-1)).toBe('fsync wal');
  });

  test('commits that wait at the same time share one fsync', async () => {
    const db = await openWithRows({ files: watched.files });
    watched.holding = true;
    const asked = watched.nextFsync();
    const first = db.query(insertRow, { id: 0, filler: '' });
    await asked;
    watched.calls.length = 0;
    const others = Array.from({ length: 10 }, (_, id) => db.query(insertRow, { id: id + 1, filler: '' }));
    await db.notify('test_channel', 'waits for its turn after them, and for no disk');
    watched.release();
    await Promise.all([first, ...others]);
    expect(watched.calls.filter((call) => call === 'fsync wal')).toEqual(['fsync wal']);
  });

  test('what a query read is on the disk when it answers', async () => {
    const db = await openWithRows({ files: watched.files });
    watched.holding = true;
    const asked = watched.nextFsync();
    const insert = db.query(insertRow, { id: 1, filler: '' });
    await asked;
    let answered = false;
    const read = db.query(countRows, {}).then(() => {
      answered = true;
    });
    await db.notify('test_channel', 'after the read');
    for (let i = 0; i < 10; i++) await turn();
    expect(answered).toBe(false);
    watched.release();
    await Promise.all([insert, read]);
  });

  test('no data page is written before the WAL that describes it', async () => {
    const db = await openWithRows({ files: watched.files });
    watched.holding = true;
    const asked = watched.nextFsync();
    const insert = db.query(insertRow, { id: 1, filler: '' });
    await asked;
    watched.calls.length = 0;
    const checkpoint = db.script('checkpoint');
    await db.notify('test_channel', 'after the checkpoint');
    expect(watched.calls).toContain('fsyncSync data');
    expect(watched.calls.slice(0, watched.calls.indexOf('fsyncSync data'))).toContain('fsyncSync wal');
    watched.release();
    await Promise.all([insert, checkpoint]);
  });

  test('after an fsync that failed nothing is acknowledged any more, and a new start finds what was', async () => {
    const db = await openWithRows({ files: watched.files });
    await db.query(insertRow, { id: 1, filler: '' });
    watched.failure = Object.assign(new Error('input/output error'), { code: 'EIO' });
    await expect(db.query(insertRow, { id: 2, filler: '' })).rejects.toThrow(DatabaseUnavailableError);
    watched.failure = undefined;
    await expect(db.query(insertRow, { id: 3, filler: '' })).rejects.toThrow('restart the server');
    await db.close().catch(() => undefined);
    const again = await openDb();
    expect((await again.query(countRows, {}))[0]?.n).toBeGreaterThanOrEqual(1);
  });
});

describe('a full disk', () => {
  test('before the disk is full writes are refused by type, reads go on, and so do writes when there is space', async () => {
    let free = Number.MAX_SAFE_INTEGER;
    const db = await openWithRows({ freeBytes: () => free });
    await db.query(insertRow, { id: 1, filler: '' });
    free = 1024;
    await expect(db.query(insertRow, { id: 2, filler: '' })).rejects.toThrow(
      'the disk of the database is full',
    );
    await expect(db.tx((tx) => tx.query(insertRow, { id: 2, filler: '' }))).rejects.toThrow(
      DatabaseUnavailableError,
    );
    expect(await db.query(countRows, {})).toEqual([{ n: 1 }]);
    free = Number.MAX_SAFE_INTEGER;
    await db.query(insertRow, { id: 2, filler: '' });
    expect(await db.query(countRows, {})).toEqual([{ n: 2 }]);
  });

  // A file system of its own needs the right to mount one.
  test.runIf(canMount())(
    'a disk that is full all the same stops the engine and loses nothing acknowledged',
    async () => {
      mkdirSync(dataDir);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=80m', 'tmpfs', dataDir]);
      try {
        const db = await openWithRows({ freeBytes: () => Number.MAX_SAFE_INTEGER });
        let acknowledged = 0;
        const fill = async () => {
          for (;;) {
            await db.query(insertRow, { id: acknowledged, filler: randomText(100_000) });
            acknowledged++;
          }
        };
        await expect(fill()).rejects.toThrow(DatabaseUnavailableError);
        await db.query(insertRow, { id: -1, filler: randomText(100_000) }).catch((error: unknown) => {
          expect(error).toBeInstanceOf(DatabaseUnavailableError);
        });
        expect(acknowledged).toBeGreaterThan(10);
        await db.close();
        execFileSync('mount', ['-o', 'remount,size=400m', dataDir]);
        const again = await openDb();
        expect((await again.query(countRows, {}))[0]?.n).toBeGreaterThanOrEqual(acknowledged);
        await again.query(insertRow, { id: -2, filler: 'works again' });
        await again.close();
      } finally {
        execFileSync('umount', ['-l', dataDir]);
      }
    },
  );
});

describe('the directory', () => {
  test('has what was written when it is opened again, and logs all of it in the WAL', async () => {
    const db = await openWithRows();
    await db.query(insertRow, { id: 1, filler: '' });
    await db.close();
    const again = await openDb();
    expect(await again.query(countRows, {})).toEqual([{ n: 1 }]);
    const [engine] = await again.query(engineVersion, {});
    expect(engine).toEqual({
      version: expect.stringMatching(new RegExp(`^${ENGINE_MAJOR}`)),
      walLevel: 'replica',
    });
  });

  test('is refused while it is open, to the same process too', async () => {
    await openDb();
    await expect(openPglite({ dataDir })).rejects.toThrow(`in use by process ${process.pid}`);
  });

  test('of another PostgreSQL version is refused untouched, and is free afterwards', async () => {
    await (await openDb()).close();
    const file = join(dataDir, 'pgdata/PG_VERSION');
    writeFileSync(file, '19\n');
    const refusal = await openPglite({ dataDir }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(SetupError);
    expect(refusal).toMatchObject({
      message: expect.stringContaining(`was created by PostgreSQL 19, this ocpctl embeds ${ENGINE_MAJOR}`),
      hint: expect.stringContaining('the ocpctl version that created it'),
    });
    expect(existsSync(join(dataDir, 'owner.lock'))).toBe(false);
    expect(readFileSync(file, 'utf8')).toBe('19\n');
  });

  test('N16: is known to need recovery before it starts, unless it was shut down or is new', async () => {
    const seen: boolean[] = [];
    const onStarting: PgliteOptions['onStarting'] = ({ wasShutDown }) => void seen.push(wasShutDown);
    await (await openPglite({ dataDir, loadDump: await migratedDump(), onStarting })).close();
    await openWithRows({ onStarting });
    const crashed = join(directory, 'crashed');
    cpSync(join(dataDir, 'pgdata'), join(crashed, 'pgdata'), { recursive: true });
    await (await openPglite({ dataDir: crashed, onStarting })).close();
    await (await openPglite({ dataDir: crashed, onStarting })).close();
    expect(seen).toEqual([true, true, false, true]);
  });

  test('whose files are damaged is refused with the words of the engine', async () => {
    await (await openDb()).close();
    writeFileSync(join(dataDir, 'pgdata/global/pg_control'), 'not a control file');
    await expect(openPglite({ dataDir })).rejects.toThrow(
      /embedded database does not start: .*(PANIC|FATAL|control)/s,
    );
  });

  test('whose making was interrupted is made anew', async () => {
    mkdirSync(join(dataDir, 'pgdata.new/base'), { recursive: true });
    writeFileSync(join(dataDir, 'pgdata.new/PG_VERSION'), 'half');
    await openWithRows();
    expect(existsSync(join(dataDir, 'pgdata.new'))).toBe(false);
  });

  test('that cannot be made says why', async () => {
    writeFileSync(join(directory, 'file'), '');
    await expect(openPglite({ dataDir: join(directory, 'file/db') })).rejects.toThrow(
      /cannot create the data directory .*ENOTDIR/,
    );
  });
});

test('vacuum and checkpoint run by themselves after writes', async () => {
  const bus = new EventEmitter();
  const db = await openWithRows({
    files: watched.files,
    maintenanceIntervalMs: 50,
    onMaintenanceError: (error) => bus.emit('error', error),
  });
  const dead = statement({
    name: 'test.dead_rows',
    text: "select pg_relation_size('rows') as bytes, (select last_vacuum from pg_stat_user_tables where relname = 'rows') as \"lastVacuum\"",
    params: {},
    row: { bytes: 'int8', lastVacuum: 'timestamptz?' },
  });
  await db.query(insertRow, { id: 1, filler: '' });
  await expect
    .poll(async () => (await db.query(dead, {}))[0]?.lastVacuum, { timeout: 20_000 })
    .toBeInstanceOf(Date);
});

function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const probe = mkdtempSync(join(tmpdir(), 'ocpctl-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', probe], { stdio: 'ignore' });
    execFileSync('umount', [probe]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(probe, { recursive: true, force: true });
  }
}

/** Text that does not compress, so that it takes the space that it has. */
function randomText(length: number): string {
  return Array.from({ length: length / 10 }, () =>
    Math.random().toString(36).slice(2, 12).padEnd(10, '0'),
  ).join('');
}
