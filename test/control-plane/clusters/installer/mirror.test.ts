import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RunProgram } from '../../../../src/control-plane/clusters/installer/installer-version.ts';
import { gpgVerifier } from '../../../../src/control-plane/clusters/installer/mirror.ts';
import { tempDir } from './temp-dir.ts';

const exec = promisify(execFile);

const run: RunProgram = (file, args) =>
  new Promise((resolve) => {
    execFile(file, args, (error, stdout) => {
      const code = error ? (typeof error.code === 'number' ? error.code : null) : 0;
      resolve({ code, stdout });
    });
  });

const hasGpg = await Promise.all(['gpg', 'gpgv'].map((file) => run(file, ['--version']))).then((found) =>
  found.every(({ code }) => code === 0),
);

/** A publisher with a key of its own, and the keyring that trusts it. */
async function publisher() {
  const dir = await tempDir();
  const home = join(dir, 'gnupg');
  await mkdir(home, { mode: 0o700 });
  const gpg = (...args: string[]) =>
    exec('gpg', [
      '--homedir',
      home,
      '--batch',
      '--yes',
      '--passphrase',
      '',
      '--pinentry-mode',
      'loopback',
      ...args,
    ]);
  onTestFinished(async () => void (await exec('gpgconf', ['--homedir', home, '--kill', 'all'])));
  await gpg('--quick-gen-key', 'Publisher <p@example.com>', 'ed25519', 'sign', 'never');
  const keyring = join(dir, 'keyring.gpg');
  await gpg('--output', keyring, '--export');
  const list = join(dir, 'list');
  const sign = async (text: string, how: '--detach-sign' | '--sign' | '--clear-sign') => {
    await writeFile(list, text);
    await gpg('--output', `${list}.out`, how, list);
    return new Uint8Array(await readFile(`${list}.out`));
  };
  return { dir, keyring, sign, verify: gpgVerifier({ keyring, run, tmpDir: dir }) };
}

describe.skipIf(!hasGpg)('gpgVerifier (needs gpg and gpgv)', () => {
  const content = new TextEncoder().encode('aa  openshift-install-linux-4.20.3.tar.gz\n');
  const text = new TextDecoder().decode(content);

  it('accepts a detached signature and one that holds the list, and returns what is proven', async () => {
    const { sign, verify } = await publisher();
    expect(await verify({ content, signature: await sign(text, '--detach-sign') })).toEqual(content);
    for (const how of ['--sign', '--clear-sign'] as const) {
      const proven = await verify({
        content: new TextEncoder().encode('evil'),
        signature: await sign(text, how),
      });
      expect(new TextDecoder().decode(proven)).toBe(text);
    }
  });

  it('refuses another content, another key, and no signature at all', async () => {
    const ours = await publisher();
    const theirs = await publisher();
    const signature = await ours.sign(text, '--detach-sign');
    const changed = new TextEncoder().encode(text.replace('aa', 'bb'));
    await expect(ours.verify({ content: changed, signature })).rejects.toThrow('not signed by a key of');
    await expect(theirs.verify({ content, signature })).rejects.toThrow('not signed by a key of');
    await expect(ours.verify({ content, signature: content })).rejects.toThrow('not signed by a key of');
  });
});
