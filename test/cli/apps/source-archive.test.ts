import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { packSource } from '../../../src/cli/apps/source-archive.ts';

describe('the source of a service', () => {
  let folder: string;
  let source: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ocpctl-source-'));
    source = join(folder, 'source');
    mkdirSync(source);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (files: Readonly<Record<string, string>>, below = source) => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(below, path)), { recursive: true });
      writeFileSync(join(below, path), text);
    }
  };
  let archives = 0;
  const pack = (directory = source, limits?: { maxBytes: number; maxFiles: number }) =>
    packSource(directory, {
      file: join(folder, `${archives++}.tar.gz`),
      ...(limits === undefined ? {} : { limits }),
    });
  const packed = async (directory = source) => {
    const { file } = await pack(directory);
    return (await entriesOf(file)).map(({ name }) => name);
  };

  test('is the same archive for the same files, whenever and wherever they were written', async () => {
    const files = { 'b.js': '1', 'a/z.js': '2', 'a.js': '3', 'bin/run': '#!/bin/sh' };
    const other = join(folder, 'other');
    write(files);
    write(Object.fromEntries(Object.entries(files).reverse()), other);
    for (const each of [source, other]) chmodSync(join(each, 'bin/run'), 0o755);
    chmodSync(join(other, 'a.js'), 0o600);
    utimesSync(join(other, 'b.js'), 1, 1);
    const [one, two] = [await pack(), await pack(other)];
    expect(readFileSync(one.file)).toEqual(readFileSync(two.file));
    expect(one).toMatchObject({ sha256: two.sha256, bytes: readFileSync(one.file).length, files: 4 });
    const tar = gunzipSync(readFileSync(one.file));
    expect(one.sha256).toBe(createHash('sha256').update(tar).digest('hex'));
    expect(
      (await entriesOf(one.file)).map(({ name, mode, uid, mtime }) => [name, mode, uid, mtime?.getTime()]),
    ).toEqual([
      ['a.js', 0o644, 0, 0],
      ['a/z.js', 0o644, 0, 0],
      ['b.js', 0o644, 0, 0],
      ['bin/run', 0o755, 0, 0],
    ]);
  });

  test.each<[what: string, change: () => void]>([
    ['contents', () => writeFileSync(join(source, 'a.js'), 'other')],
    ['a right to execute', () => chmodSync(join(source, 'a.js'), 0o755)],
    ['a name', () => write({ 'b.js': '1' })],
  ])('has another hash for other %s', async (_what, change) => {
    write({ 'a.js': '1' });
    const before = await pack();
    change();
    expect((await pack()).sha256).not.toBe(before.sha256);
  });

  test('leaves out what tools make, and what Git and .ocpctlignore ignore, also in directories below', async () => {
    write({
      'node_modules/x/index.js': '',
      '.git/HEAD': '',
      '.venv/bin/python': '',
      'lib/__pycache__/a.pyc': '',
      '.gitignore': 'dist\n*.log\n/only-here.txt\n',
      'dist/app.js': '',
      'a.log': '',
      'only-here.txt': '',
      'lib/only-here.txt': '',
      'lib/.gitignore': '!keep.log\n*.tmp\n',
      'lib/keep.log': '',
      'lib/drop.log': '',
      'lib/b.tmp': '',
      'b.tmp': '',
      '.ocpctlignore': 'docs/\n!dist\n',
      'docs/a.md': '',
    });
    expect(await packed()).toEqual([
      '.gitignore',
      '.ocpctlignore',
      'b.tmp',
      'dist/app.js',
      'lib/.gitignore',
      'lib/keep.log',
      'lib/only-here.txt',
    ]);
  });

  test('follows the .gitignore above it, up to the repository, unless it is itself ignored there', async () => {
    write({
      '.git/HEAD': '',
      '.gitignore': '*.pem\n/dist\nservices/api/local.js\n',
      'services/.gitignore': '*.bak\n',
    });
    write({
      'services/api/a.js': '',
      'services/api/key.pem': '',
      'services/api/b.bak': '',
      'services/api/local.js': '',
    });
    write({ 'dist/index.html': '' });
    expect(await packed(join(source, 'services/api'))).toEqual(['a.js']);
    expect(await packed(join(source, 'dist'))).toEqual(['index.html']);
  });

  test('never has files of secrets, whatever the rules say, and tells which there are', async () => {
    write({
      '.env': 'A=1',
      'api/.env.production': 'B=2',
      '.env.example': '',
      '.ocpctlignore': '!.env\n',
      'a.js': '',
    });
    const { file, secretsFiles } = await pack();
    expect(secretsFiles).toEqual(['.env', 'api/.env.production']);
    expect((await entriesOf(file)).map(({ name }) => name)).toEqual([
      '.env.example',
      '.ocpctlignore',
      'a.js',
    ]);
  });

  test('keeps links that stay inside, and names one that leads out', async () => {
    write({ 'lib/a.js': '', 'b.js': '' });
    symlinkSync('../b.js', join(source, 'lib/b.js'));
    expect((await entriesOf((await pack()).file)).find(({ type }) => type === 'symlink')).toMatchObject({
      name: 'lib/b.js',
      linkname: '../b.js',
    });
    for (const target of ['../../outside', '/etc/passwd', 'inner/../b.js']) {
      symlinkSync(target, join(source, 'lib/bad'));
      await expect(pack()).rejects.toMatchObject({
        code: 'SOURCE_LINK',
        message: expect.stringContaining(`lib/bad leads out of the directory: ${target}`),
      });
      rmSync(join(source, 'lib/bad'));
    }
  });

  test('is refused when it is too large, with what is largest', async () => {
    write({
      'assets/a.bin': 'x'.repeat(3_000),
      'assets/b.bin': 'x'.repeat(3_000),
      'b.bin': 'x'.repeat(4_000),
      'c.js': '',
    });
    await expect(pack(source, { maxBytes: 9_000, maxFiles: 10 })).rejects.toMatchObject({
      code: 'SOURCE_TOO_LARGE',
      message: expect.stringMatching(/Largest: assets\/ \([\d.]+ MiB\), b\.bin /),
    });
    await expect(pack(source, { maxBytes: 90_000, maxFiles: 3 })).rejects.toThrow(
      'the source has 4 files; at most 3 can be deployed. Largest: assets/ (2 files)',
    );
  });

  test('is refused when nothing is left', async () => {
    write({ '.gitignore': '*\n' });
    await expect(pack()).rejects.toMatchObject({ code: 'SOURCE_EMPTY' });
  });
});

interface Entry {
  name: string;
  type?: string | null;
  mode?: number;
  uid?: number;
  mtime?: Date;
  linkname?: string | null;
}

async function entriesOf(file: string): Promise<Entry[]> {
  const tar = extract();
  tar.end(gunzipSync(readFileSync(file)));
  const found: Entry[] = [];
  for await (const { header, resume: _ } of tar) found.push(header as Entry);
  return found;
}
