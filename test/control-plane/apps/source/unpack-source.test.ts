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
    const sha256 = createHash('sha256').update(raw).digest('hex');
    return { stream: Readable.from([gzipSync(change(raw))]), sha256, limits: LIMITS };
  };
  const unpack = async (...items: Item[]) => unpackSource(await archiveOf(items), target);

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
    const bomb = await archiveOf([{ name: 'a' }], (tar) => Buffer.concat([tar, Buffer.alloc(10_000_000)]));
    await expect(unpackSource(bomb, target)).rejects.toMatchObject({ problem: 'LIMIT' });
  });

  test('is refused when it is not what its hash says', async () => {
    const other = { ...(await archiveOf([{ name: 'a' }])), sha256: 'f'.repeat(64) };
    await expect(unpackSource(other, target)).rejects.toMatchObject({ problem: 'MISMATCH' });
    expect(existsSync(target)).toBe(false);
  });

  test('is refused when it is cut off or not an archive', async () => {
    const whole = await archiveOf([{ name: 'a', content: 'x'.repeat(50_000) }]);
    const bytes = await buffer(whole.stream);
    for (const broken of [
      bytes.subarray(0, bytes.length - 30),
      Buffer.from('hello'),
      gzipSync('x'.repeat(2_000)),
      Buffer.alloc(0),
    ]) {
      await expect(unpackSource({ ...whole, stream: Readable.from([broken]) }, target)).rejects.toMatchObject(
        { name: 'SourceError' },
      );
      expect(existsSync(target)).toBe(false);
    }
  });

  test('is read for planning without being unpacked', async () => {
    const archive = await archiveOf([
      { name: 'src/b.js', content: 'x' },
      { name: 'package.json', content: '{"name":"a"}' },
      { name: 'api/package.json', content: '{}' },
    ]);
    expect(await readSource(archive)).toEqual({
      paths: ['api/package.json', 'package.json', 'src/b.js'],
      texts: new Map([
        ['package.json', '{"name":"a"}'],
        ['api/package.json', '{}'],
      ]),
      sizeBytes: 15,
    });
  });
});
