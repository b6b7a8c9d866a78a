import { chmod, lstat, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { editKubeconfig, kubeconfigPath } from '../../../src/cli/kubeconfig/kubeconfig-file.ts';
import { temporaryFolder } from '../../commands/support/run-cli.ts';

const append = (word: string) => (text: string) => ({ text: `${text}${word}\n` });

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
        editKubeconfig(file, async (text) => {
          expect((await stat(`${file}.lock`)).isFile()).toBe(true);
          return append(word)(text);
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
});

it('the file is that of --file, the first of KUBECONFIG, or ~/.kube/config', () => {
  expect(kubeconfigPath({ KUBECONFIG: ':/a:/b' }, '/c')).toBe('/c');
  expect(kubeconfigPath({ KUBECONFIG: ':/a:/b' }, undefined)).toBe('/a');
  expect(kubeconfigPath({}, undefined)).toMatch(/\/\.kube\/config$/);
});
