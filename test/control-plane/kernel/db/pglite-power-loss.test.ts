import fs, {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPglite } from '../../../../src/control-plane/kernel/db/pglite.ts';
import { migratedDump } from '../../../setup/engines.ts';
import { CREATE_ACKNOWLEDGED, insertAcknowledged, readAcknowledged } from './acknowledged-rows.ts';

const BLOCK = 8_192;
const SEEDS = [1, 2, 3, 4];
const WRITES = 40;

const FILLER_LENGTH = 3_000;

let folder: string;
let template: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ocpctl-power-loss-'));
  template = join(folder, 'template');
  const db = await openPglite({ dataDir: template, loadDump: await migratedDump() });
  await db.script(CREATE_ACKNOWLEDGED);
  await db.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/**
 * A disk that keeps only what was forced to it: a file its content at its last fsync, a directory its names at its last fsync. Of
 * what was written since, it keeps blocks at random, as a machine does that wrote some of them before its power failed.
 */
class Disk {
  readonly #root: string;
  readonly #random: () => number;
  readonly #contents = new Map<string, Buffer>();
  readonly #names = new Map<string, ReadonlyMap<string, string>>();
  readonly #paths = new Map<number, string>();
  /** Called before each fsync. */
  onFsync = (): void => {};

  readonly files = {
    ...fs,
    openSync: (path: fs.PathLike, flags: fs.OpenMode) => {
      const handle = fs.openSync(path, flags);
      this.#paths.set(handle, String(path));
      return handle;
    },
    fsyncSync: (handle: number) => this.#fsync(handle),
    fsync: ((handle: number, done: fs.NoParamCallback) => {
      this.#fsync(handle);
      setImmediate(() => done(null));
    }) as typeof fs.fsync,
  };

  constructor(root: string, random: () => number) {
    this.#root = root;
    this.#random = random;
    for (const path of [root, ...everythingBelow(root)]) this.#keep(path);
  }

  /** Writes what the disk would have now into a new directory. */
  copyTo(target: string): void {
    this.#restore(this.#root, target);
  }

  #fsync(handle: number): void {
    this.onFsync();
    this.#keep(this.#paths.get(handle) ?? '');
  }

  #keep(path: string): void {
    if (!statSync(path).isDirectory()) this.#contents.set(identityOf(path), readFileSync(path));
    else {
      const names = readdirSync(path).map((name) => [name, identityOf(join(path, name))] as const);
      this.#names.set(identityOf(path), new Map(names));
    }
  }

  #restore(path: string, target: string): void {
    const current = new Map(everythingBelow(path, false).map((below) => [identityOf(below), below]));
    mkdirSync(target, { recursive: true, mode: 0o700 });
    for (const [name, identity] of this.#names.get(identityOf(path)) ?? []) {
      const now = current.get(identity);
      if (now !== undefined && statSync(now).isDirectory()) this.#restore(now, join(target, name));
      else writeFileSync(join(target, name), this.#contentOf(identity, now), { mode: 0o600 });
    }
  }

  #contentOf(identity: string, now: string | undefined): Buffer {
    const kept = this.#contents.get(identity) ?? Buffer.alloc(0);
    if (now === undefined) return kept;
    const written = readFileSync(now);
    const mixed = Buffer.alloc(this.#random() < 0.5 ? kept.length : Math.max(kept.length, written.length));
    kept.copy(mixed);
    for (let at = 0; at < mixed.length; at += BLOCK) {
      if (this.#random() < 0.5) written.copy(mixed, at, at, Math.min(at + BLOCK, mixed.length));
    }
    return mixed;
  }
}

test.each(SEEDS)('G11: a power loss costs nothing acknowledged (seed %i)', async (seed) => {
  const random = seeded(seed);
  const dataDir = join(folder, `data-${seed}`);
  const crashed = join(folder, `crashed-${seed}`);
  cpSync(template, dataDir, { recursive: true });
  const disk = new Disk(join(dataDir, 'pgdata'), random);
  const db = await openPglite({ dataDir, files: disk.files });
  const acknowledged: number[] = [];
  let promised: number[] | undefined;
  let left = 5 + Math.floor(random() * 60);
  disk.onFsync = () => {
    left -= 1;
    if (left !== 0) return;
    promised = [...acknowledged];
    disk.copyTo(join(crashed, 'pgdata'));
  };
  const write = async (from: number): Promise<void> => {
    for (let id = from; id < from + WRITES && !promised; id++) {
      await db.tx((tx) => tx.query(insertAcknowledged, { id, fillerLength: FILLER_LENGTH }));
      acknowledged.push(id);
      if (random() < 0.1) await db.script('checkpoint');
    }
  };
  await Promise.all([write(0), write(1_000), write(2_000)]);
  await db.close();
  expect(promised?.length).toBeGreaterThan(0);

  const again = await openPglite({ dataDir: crashed });
  try {
    const found = new Set((await again.query(readAcknowledged, {})).map(({ id }) => id));
    expect(promised?.filter((id) => !found.has(id))).toEqual([]);
    await again.query(insertAcknowledged, { id: 9_999, fillerLength: FILLER_LENGTH });
  } finally {
    await again.close();
  }
});

function everythingBelow(path: string, recursive = true): string[] {
  return readdirSync(path, { recursive, withFileTypes: true }).map((entry) =>
    join(entry.parentPath, entry.name),
  );
}

/** A number of an inode may be used again for another file. */
function identityOf(path: string): string {
  const { ino, birthtimeMs } = statSync(path);
  return `${ino}@${birthtimeMs}`;
}

/** Mulberry32. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
