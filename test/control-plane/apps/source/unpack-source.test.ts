import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readSource } from '../../../../src/control-plane/apps/source/read-source.ts';
import { unpackSource } from '../../../../src/control-plane/apps/source/unpack-source.ts';

type Item = Partial<Header> & { name: string; content?: string };

describe('an uploaded source', () => {
  let folder: string;
  let target: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ocpctl-unpack-'));
    target = join(folder, 'target');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const LIMITS = { maxFiles: 100, maxBytes: 100_000 };
  const archiveOf = async (items: readonly Item[], change: (tar: Buffer) => Buffer = (tar) => tar) => {
    const tar = pack();
    for (const { content = '', ...header } of items) tar.entry({ type: 'file', ...header }, content);
    tar.finalize();
    const raw = await buffer(tar);
    const content = createHash('sha256').update(raw).digest('hex');
    return { bytes: gzipSync(change(raw)), content };
  };
  const unpackBytes = (bytes: Buffer, sha256?: string) =>
    unpackSource(Readable.from([bytes]), {
      directory: target,
      limits: LIMITS,
      ...(sha256 === undefined ? {} : { sha256 }),
    });
  const unpack = async (...items: Item[]) => unpackBytes((await archiveOf(items)).bytes);

  test('is unpacked with contents, rights to execute and links', async () => {
    await unpack(
      { name: './', type: 'directory' },
      { name: './a.js', content: 'one', mode: 0o666 },
      { name: 'lib/', type: 'directory' },
      { name: 'lib/run', content: 'two', mode: 0o4711 },
      { name: 'deep/er/link', type: 'symlink', linkname: '../../a.js' },
    );
    expect(readdirSync(target).sort()).toEqual(['a.js', 'deep', 'lib']);
    expect(readFileSync(join(target, 'deep/er/link'), 'utf8')).toBe('one');
    expect(readlinkSync(join(target, 'deep/er/link'))).toBe('../../a.js');
    expect([lstatSync(target).mode & 0o7777, lstatSync(join(target, 'lib/run')).mode & 0o7700]).toEqual([
      0o700, 0o700,
    ]);
  });

  const outside = { name: 'out', type: 'symlink' as const, linkname: '.' };
  test.each<[what: string, items: readonly Item[]]>([
    ['an absolute path', [{ name: '/etc/cron.d/x' }]],
    ['a path with ..', [{ name: 'a/../../x' }]],
    ['a path that is ..', [{ name: '..', type: 'directory' }]],
    ['a control character in a name', [{ name: 'a\nb' }]],
    ['a link to an absolute path', [{ ...outside, linkname: '/etc/passwd' }]],
    ['a link that leads out', [{ ...outside, linkname: '../x' }]],
    [
      'a link that leads out by a detour over another',
      [
        { name: 'd/x', type: 'symlink', linkname: '..' },
        { ...outside, linkname: 'd/x/../../y' },
      ],
    ],
    ['a link without a target', [{ ...outside, linkname: '' }]],
    ['a file through a link', [outside, { name: 'out/passwd' }]],
    ['a link in place of a directory', [{ name: 'out/a' }, outside]],
    ['a file twice', [{ name: 'a' }, { name: './a' }]],
    ['a hard link', [{ name: 'a' }, { name: 'b', type: 'link', linkname: 'a' }]],
    ['a device', [{ name: 'a', type: 'character-device' }]],
    ['a pipe', [{ name: 'a', type: 'fifo' }]],
  ])('is refused for %s, and nothing is left', async (_what, items) => {
    await expect(unpack({ name: 'first' }, ...items)).rejects.toMatchObject({
      name: 'SourceError',
      problem: 'UNSAFE',
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is refused when it has more files or bytes than is allowed', async () => {
    const many = Array.from({ length: 101 }, (_, index) => ({ name: `f${index}` }));
    await expect(unpack(...many)).rejects.toMatchObject({ problem: 'LIMIT' });
    const deep = Array.from({ length: 4 }, (_, index) => ({
      name: `${index}/${Array(40).fill('d').join('/')}/f`,
    }));
    await expect(unpack(...deep)).rejects.toMatchObject({ problem: 'LIMIT' });
    await expect(unpack({ name: 'a', content: 'x'.repeat(100_001) })).rejects.toMatchObject({
      problem: 'LIMIT',
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is refused when a small archive unpacks to far more than its entries say', async () => {
    const { bytes } = await archiveOf([{ name: 'a' }], (tar) =>
      Buffer.concat([tar, Buffer.alloc(10_000_000)]),
    );
    await expect(unpackBytes(bytes)).rejects.toMatchObject({ problem: 'LIMIT' });
  });

  test('is refused when it is not what its hash says', async () => {
    const { bytes } = await archiveOf([{ name: 'a' }]);
    await expect(unpackBytes(bytes, 'f'.repeat(64))).rejects.toMatchObject({ problem: 'MISMATCH' });
    expect(existsSync(target)).toBe(false);
    await unpackBytes(bytes, createHash('sha256').update(bytes).digest('hex'));
    expect(readdirSync(target)).toEqual(['a']);
  });

  test('is not unpacked over what is there', async () => {
    await unpack({ name: 'a' });
    await expect(unpack({ name: 'b' })).rejects.toThrow('is not empty');
    expect(readdirSync(target)).toEqual(['a']);
  });

  test('is refused when it is cut off or not an archive', async () => {
    const { bytes } = await archiveOf([{ name: 'a', content: 'x'.repeat(50_000) }]);
    const broken = [
      bytes.subarray(0, -30),
      Buffer.from('hello'),
      gzipSync('x'.repeat(2_000)),
      Buffer.alloc(0),
    ];
    for (const each of broken) {
      await expect(unpackBytes(each)).rejects.toMatchObject({ name: 'SourceError', problem: 'CORRUPT' });
      expect(existsSync(target)).toBe(false);
    }
  });

  test('keeps the reason when its bytes cannot be read', async () => {
    const broken = new Readable({
      read: (): never => {
        throw new RangeError('the store is down');
      },
    });
    await expect(unpackSource(broken, { directory: target })).rejects.toThrow('the store is down');
  });

  test('is summed up the same for planning, unpacked or not', async () => {
    const { bytes, content } = await archiveOf([
      { name: 'src/b.js', content: 'x' },
      { name: 'package.json', content: '{"name":"a"}' },
      { name: 'api/package.json', content: '{}' },
      { name: 'c', type: 'symlink', linkname: 'src' },
    ]);
    const summary = await readSource(Readable.from([bytes]), { limits: LIMITS });
    expect(summary).toEqual({
      paths: ['api/package.json', 'c', 'package.json', 'src/b.js'],
      texts: new Map([
        ['package.json', '{"name":"a"}'],
        ['api/package.json', '{}'],
      ]),
      sizeBytes: 15,
      contentSha256: content,
    });
    expect(await unpackBytes(bytes)).toEqual(summary);
  });
});
