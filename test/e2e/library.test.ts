import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocpctl-library-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('the example of docs/library.md runs as it stands', async () => {
  const page = await readFile('docs/library.md', 'utf8');
  const example = /```js\n([\s\S]*?)```/.exec(page)?.[1];
  expect(example?.trim().split('\n').filter(Boolean).length).toBeLessThanOrEqual(10);
  await writeFile(join(folder, 'package.json'), '{"private":true}');
  await mkdir(join(folder, 'node_modules'));
  await symlink(resolve('.'), join(folder, 'node_modules', 'ocpctl'));
  await writeFile(join(folder, 'example.mjs'), example ?? '');
  const { stdout } = await promisify(execFile)(process.execPath, ['example.mjs'], { cwd: folder });
  expect(stdout).toBe('200 OCPK\n');
});
