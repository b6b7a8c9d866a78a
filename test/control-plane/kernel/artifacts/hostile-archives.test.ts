import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { SNAPSHOT_LIMITS } from '../../../../src/control-plane/kernel/artifacts/snapshot-inventory.ts';
import { restoreSnapshot } from '../../../../src/control-plane/kernel/artifacts/snapshot-restore.ts';
import { temporaryFolder } from './kit.ts';
import { type HeaderArgument, packed, packedFiles } from './tar-kit.ts';

const file = (name: string, rest: Partial<HeaderArgument> = {}): HeaderArgument => ({
  name,
  mode: 0o600,
  ...rest,
});
const folder = (name: string): HeaderArgument => ({ name, mode: 0o700, type: 'directory' });
const link = (name: string, linkname: string): HeaderArgument => ({
  name,
  mode: 0o600,
  type: 'symlink',
  linkname,
});
const ZEROS = Buffer.alloc(300 * 1024 * 1024);
const LIMITS = {
  ...SNAPSHOT_LIMITS,
  maxEntries: 1_000,
  maxEntryBytes: 1024 * 1024,
  maxTotalBytes: 2 * 1024 * 1024,
  maxRawBytes: 8 * 1024 * 1024,
};

/** What each archive holds, and why it is refused. */
const hostile: Record<string, { problem: string; archive: () => Promise<Buffer> }> = {
  'an absolute path': { problem: 'NAME', archive: () => packed([file('/tmp/evil')]) },
  'an absolute path behind the prefix': { problem: 'NAME', archive: () => packed([file('files//tmp/evil')]) },
  'a path up': { problem: 'NAME', archive: () => packed([file('files/../../evil')]) },
  'a path up in the middle': {
    problem: 'NAME',
    archive: () => packed([folder('files/a/'), file('files/a/../../evil')]),
  },
  'a symbolic link': { problem: 'TYPE', archive: () => packed([link('files/link', '/etc/passwd')]) },
  'a hard link': {
    problem: 'TYPE',
    archive: () => packed([{ name: 'files/link', type: 'link', linkname: '/etc/passwd' }]),
  },
  'a link to write through': {
    problem: 'TYPE',
    archive: () => packed([link('files/link', '/tmp'), file('files/link/evil')]),
  },
  'a device': {
    problem: 'TYPE',
    archive: () => packed([{ name: 'files/null', type: 'character-device', devmajor: 1, devminor: 3 }]),
  },
  'a pipe': { problem: 'TYPE', archive: () => packed([{ name: 'files/pipe', type: 'fifo' }]) },
  'a setuid bit': { problem: 'MODE', archive: () => packed([file('files/su', { mode: 0o4755 })]) },
  'the same file twice': {
    problem: 'DUPLICATE',
    archive: () => packed([file('files/a'), file('files/a')]),
  },
  'the same file in another case': {
    problem: 'DUPLICATE',
    archive: () => packed([file('files/a'), file('files/A')]),
  },
  'a file where a directory is': {
    problem: 'DUPLICATE',
    archive: () => packed([folder('files/a/'), file('files/a')]),
  },
  'a bomb of one file': { problem: 'LIMIT', archive: () => packed([[file('files/bomb'), ZEROS]], 1) },
  'a bomb of three files': {
    problem: 'LIMIT',
    archive: () =>
      packed(['1', '2', '3'].map((name) => [file(`files/${name}`), ZEROS.subarray(0, 1024 * 1024)])),
  },
  'a bomb of headers': {
    problem: 'LIMIT',
    archive: async () => gzipSync(Buffer.concat([await header(), ZEROS.subarray(0, 16 * 1024 * 1024)])),
  },
  '50,000 entries': {
    problem: 'LIMIT',
    archive: () => packedFiles(50_000),
  },
  'a path of 500 levels': {
    problem: 'LIMIT',
    archive: () =>
      packed(Array.from({ length: 500 }, (_, depth) => folder(`files/${'d/'.repeat(depth + 1)}`))),
  },
  'an archive that is cut off': { problem: 'CORRUPT', archive: async () => (await sound()).subarray(0, -20) },
  'a tar that is cut off': {
    problem: 'CORRUPT',
    archive: async () => gzipSync(gunzipSync(await sound()).subarray(0, 700)),
  },
  'a backslash': { problem: 'NAME', archive: () => packed([file('files/..\\..\\evil')]) },
  'a NUL in the name': { problem: 'NAME', archive: () => packed([file(`files/${'n'.repeat(120)}\0x`)]) },
  'a file before its directory': { problem: 'ORDER', archive: () => packed([file('files/a/b')]) },
  'a name outside the prefix': { problem: 'NAME', archive: () => packed([file('evil')]) },
  'no manifest': { problem: 'MANIFEST', archive: () => packed([file('files/a')]) },
  'a manifest of something else': {
    problem: 'MANIFEST',
    archive: () => packed([file('files/a'), manifest([])]),
  },
  'a manifest that misses a file': {
    problem: 'MANIFEST',
    archive: () => packed([manifest([{ path: 'a', mode: 0o600, size: 0, sha256: 'a'.repeat(64) }])]),
  },
  'a manifest with another mode': {
    problem: 'MANIFEST',
    archive: () => packed([file('files/a'), manifest([{ ...EMPTY_FILE, mode: 0o644 }])]),
  },
  'a manifest that is not JSON': {
    problem: 'MANIFEST',
    archive: () => packed([[file('manifest.json'), Buffer.from('{')]]),
  },
  'something behind the manifest': {
    problem: 'ORDER',
    archive: () => packed([manifest([]), file('files/a')]),
  },
  'no gzip': { problem: 'CORRUPT', archive: async () => Buffer.from('#!/bin/sh') },
  'nothing at all': { problem: 'CORRUPT', archive: async () => Buffer.alloc(0) },
  'no tar': { problem: 'CORRUPT', archive: async () => gzipSync(randomBytes(4096)) },
};

const EMPTY_FILE = {
  path: 'a',
  mode: 0o600,
  size: 0,
  sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
};
const manifest = (files: readonly unknown[]): [HeaderArgument, Buffer] => [
  file('manifest.json'),
  Buffer.from(JSON.stringify({ version: 1, directories: [], files, skipped: [] })),
];
const sound = () => packed([file('files/a'), manifest([EMPTY_FILE])]);
/** The header of an empty file alone: the zeros after it are padding to the reader. */
const header = async () => gunzipSync(await packed([file('files/a')])).subarray(0, 512);

describe('S42: G4: a hostile archive', () => {
  it.each(Object.entries(hostile))(
    'with %s is refused, and nothing of it stays',
    async (_what, { problem, archive }) => {
      const parent = await temporaryFolder();
      const bytes = await archive();
      await expect(
        restoreSnapshot(Readable.from([bytes]), join(parent, 'target'), LIMITS),
      ).rejects.toMatchObject({
        problem,
      });
      expect(await readdir(parent)).toEqual([]);
    },
  );

  it('is told from a sound one', async () => {
    const target = join(await temporaryFolder(), 'target');
    await restoreSnapshot(Readable.from([await sound()]), target);
    expect(await readdir(target)).toEqual(['a']);
  });

  it('that is larger than allowed is not read to its end', async () => {
    const parent = await temporaryFolder();
    let given = 0;
    const endless = Readable.from(
      (function* () {
        for (;;) {
          given += 65_536;
          yield randomBytes(65_536);
        }
      })(),
    );
    const limits = { ...LIMITS, maxArchiveBytes: 1_000_000 };
    await expect(restoreSnapshot(endless, join(parent, 'target'), limits)).rejects.toBeInstanceOf(Error);
    expect(given).toBeLessThan(10_000_000);
    expect(await readdir(parent)).toEqual([]);
  });
});
