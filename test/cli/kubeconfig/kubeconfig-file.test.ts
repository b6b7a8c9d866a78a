import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { chmod, lstat, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  editKubeconfig,
  kubeconfigPath,
  readKubeconfigText,
} from '../../../src/cli/kubeconfig/kubeconfig-file.ts';
import { temporaryFolder } from '../../commands/support/run-cli.ts';

const append =
  (word: string) =>
  ({ text }: { text: string }) => ({ text: `${text}${word}\n`, keepsCopy: true });

describe('a kubeconfig is changed', () => {
  it('with the mode that it has, and the file of before beside it', async () => {
    const file = join(temporaryFolder(), 'config');
    await writeFile(file, 'before\n');
    await chmod(file, 0o640);
    await editKubeconfig(file, append('after'));
    expect(await readFile(file, 'utf8')).toBe('before\nafter\n');
    expect((await stat(file)).mode & 0o777).toBe(0o640);
    expect(await readFile(`${file}.before-ocpctl`, 'utf8')).toBe('before\n');
    expect((await stat(`${file}.before-ocpctl`)).mode & 0o777).toBe(0o600);
  });

  it('from nothing, in a folder that is made for it, with mode 0600', async () => {
    const folder = temporaryFolder();
    await editKubeconfig(join(folder, '.kube', 'config'), append('new'));
    expect(await readdir(join(folder, '.kube'))).toEqual(['config']);
    expect((await stat(join(folder, '.kube', 'config'))).mode & 0o777).toBe(0o600);
  });

  it('through a symbolic link, which stays one', async () => {
    const folder = temporaryFolder();
    await mkdir(join(folder, 'dotfiles'));
    const [real, link] = [join(folder, 'dotfiles', 'config'), join(folder, 'config')];
    await writeFile(real, '');
    await symlink(real, link);
    await editKubeconfig(link, append('x'));
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect(await readFile(real, 'utf8')).toBe('x\n');
  });

  it('by one program at a time, with the lock file of kubectl; no change of ten is lost', async () => {
    const file = join(temporaryFolder(), 'config');
    const words = Array.from({ length: 10 }, (_, index) => `w${index}`);
    await Promise.all(
      words.map((word) =>
        editKubeconfig(file, (before) => {
          expect(statSync(`${file}.lock`).isFile()).toBe(true);
          return append(word)(before);
        }),
      ),
    );
    expect((await readFile(file, 'utf8')).trim().split('\n').sort()).toEqual(words);
    await expect(stat(`${file}.lock`)).rejects.toThrow('ENOENT');
  });

  it('not at all when the change fails, and the lock is gone', async () => {
    const file = join(temporaryFolder(), 'config');
    await writeFile(file, 'kept');
    await expect(
      editKubeconfig(file, () => {
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(await readFile(file, 'utf8')).toBe('kept');
    await expect(rm(`${file}.lock`)).rejects.toThrow('ENOENT');
  });

  it('without its copy, if keys were removed', async () => {
    const file = join(temporaryFolder(), 'config');
    await writeFile(file, '');
    await editKubeconfig(file, append('key'));
    await editKubeconfig(file, append('more'));
    expect(await readFile(`${file}.before-ocpctl`, 'utf8')).toBe('key\n');
    await editKubeconfig(file, () => ({ text: 'none\n', keepsCopy: false }));
    await expect(stat(`${file}.before-ocpctl`)).rejects.toThrow('ENOENT');
  });

  it('and what a link at the path of the copy leads to stays', async () => {
    const folder = temporaryFolder();
    const [file, precious] = [join(folder, 'config'), join(folder, 'precious')];
    await writeFile(file, 'before\n');
    await writeFile(precious, 'precious');
    await symlink(precious, `${file}.before-ocpctl`);
    await editKubeconfig(file, append('x'));
    expect(await readFile(precious, 'utf8')).toBe('precious');
    expect(await readFile(`${file}.before-ocpctl`, 'utf8')).toBe('before\n');
  });
});

describe('a path is refused, and stays as it is, if it leads to', () => {
  it('a pipe or a device, also over a link', async () => {
    const folder = temporaryFolder();
    const [fifo, link] = [join(folder, 'fifo'), join(folder, 'link')];
    execFileSync('mkfifo', [fifo]);
    await symlink(fifo, link);
    for (const path of [fifo, link]) {
      const message = `cannot read ${path}: it is not a regular file`;
      await expect(editKubeconfig(path, append('x'))).rejects.toThrow(message);
      await expect(readKubeconfigText(path)).rejects.toThrow(message);
    }
    expect((await lstat(fifo)).isFIFO()).toBe(true);
    expect(await readdir(folder)).toEqual(['fifo', 'link']);
  });

  it('nothing, by a link', async () => {
    const folder = temporaryFolder();
    const link = join(folder, 'config');
    await symlink(join(folder, 'nothing'), link);
    await expect(editKubeconfig(link, append('x'))).rejects.toThrow(
      `cannot change ${link}: it is a symbolic link to a file that does not exist`,
    );
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
  });

  it('a file without write permission', async () => {
    const file = join(temporaryFolder(), 'config');
    await writeFile(file, 'kept', { mode: 0o400 });
    await expect(editKubeconfig(file, append('x'))).rejects.toThrow(`cannot change ${file}: it is read-only`);
    expect(await readFile(file, 'utf8')).toBe('kept');
  });
});

it('the file is that of --file, the first of KUBECONFIG, or ~/.kube/config', () => {
  expect(kubeconfigPath({ KUBECONFIG: ':/a:/b' }, '/c')).toBe('/c');
  expect(kubeconfigPath({ KUBECONFIG: ':/a:/b' }, undefined)).toBe('/a');
  expect(kubeconfigPath({}, undefined)).toMatch(/\/\.kube\/config$/);
});
