import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { directoryStore } from '../../../../src/control-plane/kernel/artifacts/directory-store.ts';
import { NODE_PROGRAM } from '../../../setup/child-script.ts';
import { readAll, sha256, temporaryFolder } from './kit.ts';

const KEY = 'clu_x/job_y/attempt-1/fence-17/install-dir-000003.tar.gz';

async function openStore(): Promise<{ root: string; store: ReturnType<typeof directoryStore> }> {
  const root = join(await temporaryFolder(), 'artifacts');
  return { root, store: directoryStore(root) };
}
const incoming = (root: string) => readdir(join(root, '.incoming'));

describe('directory store', () => {
  it('stores from bytes, streams and files, and reads the same back', async () => {
    const { root, store } = await openStore();
    const bytes = randomBytes(300_000);
    const file = join(root, '..', 'source');
    await writeFile(file, bytes);
    const sources = [bytes, Readable.from([bytes.subarray(0, 7), bytes.subarray(7)]), { file }];
    for (const [index, source] of sources.entries()) {
      const stored = await store.put(`clu_x/${index}`, source, { sha256: sha256(bytes) });
      expect(stored).toEqual({
        uri: `directory:clu_x/${index}`,
        sha256: sha256(bytes),
        sizeBytes: bytes.length,
      });
      expect((await readAll(await store.get(store.keyOf(stored.uri)))).equals(bytes)).toBe(true);
    }
    expect(await incoming(root)).toEqual([]);
  });

  it('G15: keeps files to their owner', async () => {
    const { root, store } = await openStore();
    await store.put(KEY, Buffer.from('x'));
    const modes = await Promise.all(
      ['', 'clu_x', 'clu_x/job_y', KEY].map(async (path) => (await stat(join(root, path))).mode & 0o777),
    );
    expect(modes).toEqual([0o700, 0o700, 0o700, 0o600]);
  });

  it('G4: never overwrites: the same content again is fine, another is refused', async () => {
    const { root, store } = await openStore();
    const first = await store.put(KEY, Buffer.from('first'));
    expect(await store.put(KEY, Buffer.from('first'))).toEqual(first);
    await expect(store.put(KEY, Buffer.from('second'))).rejects.toMatchObject({ code: 'ARTIFACT_CONFLICT' });
    expect(String(await readAll(await store.get(KEY)))).toBe('first');
    expect(await incoming(root)).toEqual([]);
  });

  it('G4: of many writers of one key exactly one wins', async () => {
    const { store } = await openStore();
    const contents = Array.from({ length: 20 }, (_, i) => Buffer.from(`writer ${i}`));
    const results = await Promise.allSettled(contents.map((content) => store.put(KEY, content)));
    const won = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.sha256] : []));
    expect(won).toEqual([sha256(await readAll(await store.get(KEY)))]);
  });

  it('G4: refuses other bytes than promised, when written and when read', async () => {
    const { root, store } = await openStore();
    const promised = { sha256: sha256('promised') };
    await expect(store.put(KEY, Buffer.from('other'), promised)).rejects.toMatchObject({
      code: 'ARTIFACT_CORRUPT',
    });
    expect(await store.head(KEY)).toBeUndefined();
    await store.put(KEY, Buffer.from('promised'), promised);
    expect(String(await readAll(await store.get(KEY, promised)))).toBe('promised');
    await writeFile(join(root, KEY), 'promiseD');
    await expect(store.get(KEY, promised).then(readAll)).rejects.toMatchObject({ code: 'ARTIFACT_CORRUPT' });
  });

  it('leaves nothing behind when the source fails', async () => {
    const { root, store } = await openStore();
    const failing = Readable.from(
      (async function* () {
        yield Buffer.from('half');
        throw new Error('the source broke');
      })(),
    );
    await expect(store.put(KEY, failing)).rejects.toThrow('the source broke');
    expect(await readdir(root)).toEqual(['.incoming']);
    expect(await incoming(root)).toEqual([]);
  });

  it('says that the disk is full, and leaves nothing half-written', async () => {
    const { root } = await openStore();
    const script = join(root, '..', 'put.mjs');
    const module = '../../../../src/control-plane/kernel/artifacts/directory-store.ts';
    await build({
      ...NODE_PROGRAM,
      stdin: {
        contents: `
          import { directoryStore } from ${JSON.stringify(module)};
          const store = directoryStore(process.argv[2]);
          const error = await store.put('clu_x/big', Buffer.alloc(8 * 1024 * 1024)).catch((thrown) => thrown);
          process.stdout.write(String(error.code));`,
        resolveDir: fileURLToPath(new URL('.', import.meta.url)),
      },
      outfile: script,
    });
    // A file size limit of 1 MiB stands for the full disk: the same write fails.
    const limited = 'ulimit -f 1024; exec "$0" "$1" "$2"';
    const run = spawnSync('/bin/bash', ['-c', limited, process.execPath, script, root], { encoding: 'utf8' });
    expect(run.stdout).toBe('STORAGE_FULL');
    expect(await readdir(root)).toEqual(['.incoming']);
    expect(await incoming(root)).toEqual([]);
  });

  it('refuses keys that are no keys', async () => {
    const { store } = await openStore();
    const bad = [
      '',
      '/etc/passwd',
      '../x',
      'a/../../x',
      'a//b',
      'a/',
      '.incoming/x',
      'a/.hidden',
      'a\\b',
      'a b',
      'a\0b',
      'é',
      'C:x',
      'a'.repeat(129),
      Array(13).fill('a').join('/'),
      Array(11).fill('a'.repeat(20)).join('/'),
    ];
    for (const key of bad) {
      await expect(store.put(key, Buffer.from('x')), key).rejects.toMatchObject({
        code: 'ARTIFACT_KEY_INVALID',
      });
      await expect(store.get(key), key).rejects.toMatchObject({ code: 'ARTIFACT_KEY_INVALID' });
      await expect(store.remove(key), key).rejects.toMatchObject({ code: 'ARTIFACT_KEY_INVALID' });
    }
    await expect(store.list('../')).rejects.toMatchObject({ code: 'ARTIFACT_KEY_INVALID' });
    expect(() => store.keyOf('s3://bucket/clu_x/1')).toThrow('invalid artifact key');
  });

  it('lists a folder of keys, and removes', async () => {
    const { root, store } = await openStore();
    for (const key of ['clu_1/job_1/b', 'clu_1/a', 'clu_12/a']) await store.put(key, Buffer.from(key));
    const keys = async (prefix: string) => (await store.list(prefix)).map((info) => info.key);
    expect(await keys('clu_1')).toEqual(['clu_1/a', 'clu_1/job_1/b']);
    expect(await keys('clu_1/')).toEqual(['clu_1/a', 'clu_1/job_1/b']);
    expect(await keys('')).toEqual(['clu_1/a', 'clu_1/job_1/b', 'clu_12/a']);
    expect(await keys('clu_none')).toEqual([]);
    expect(await store.head('clu_1/a')).toMatchObject({ key: 'clu_1/a', sizeBytes: 7 });
    await store.remove('clu_1/job_1/b');
    await store.remove('clu_1/job_1/b');
    await store.remove('clu_1/a');
    expect(await readdir(root)).toEqual(['.incoming', 'clu_12']);
    await expect(store.get('clu_1/a')).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' });
  });

  it('L1: removes what a killed writer left after a minute: its file and the empty folders of the artifact', async () => {
    const { root, store } = await openStore();
    await store.put('clu_x/1', Buffer.from('x'));
    const source = new PassThrough();
    source.write('the first bytes');
    const stopped = store.put(KEY, source).catch((error: unknown) => error);
    await expect.poll(() => incoming(root)).toHaveLength(1);
    const [killed = ''] = await incoming(root);
    await mkdir(join(root, 'clu_x', 'job_y', 'attempt-1', 'fence-17'), { recursive: true });
    expect(await store.removeIncomplete()).toBe(0);
    expect(await incoming(root)).toEqual([killed]);
    const old = new Date(Date.now() - 61_000);
    await utimes(join(root, '.incoming', killed), old, old);
    expect(await store.removeIncomplete()).toBe(1);
    expect(await incoming(root)).toEqual([]);
    expect(await readdir(join(root, 'clu_x'))).toEqual(['1']);
    expect(await store.removeIncomplete()).toBe(0);
    source.end();
    expect(await stopped).toMatchObject({ code: expect.stringMatching(/^[A-Z_]+$/) });
    expect(await store.head(KEY)).toBeUndefined();
  });

  it('what cannot be removed leaves nothing else in place, and is said', async () => {
    const { root, store } = await openStore();
    await mkdir(join(root, '.incoming', 'a folder'), { recursive: true });
    await writeFile(join(root, '.incoming', 'left'), '');
    const old = new Date(Date.now() - 61_000);
    for (const name of await incoming(root)) await utimes(join(root, '.incoming', name), old, old);
    await expect(store.removeIncomplete()).rejects.toThrow('EISDIR');
    expect(await incoming(root)).toEqual(['a folder']);
  });

  it('has nothing to remove before the first artifact', async () => {
    expect(await (await openStore()).store.removeIncomplete()).toBe(0);
  });

  it.skipIf(process.getuid?.() === 0)('says that the folder is read-only', async () => {
    const { root, store } = await openStore();
    await chmod(root, 0o500);
    await expect(store.put(KEY, Buffer.from('x'))).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    await chmod(root, 0o700);
  });
});
