import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { VerifySignature } from './download-installer.ts';

/** Runs a program to its end; `code` is null when it could not be started or was killed. */
export type RunProgram = (
  file: string,
  args: readonly string[],
) => Promise<{ readonly code: number | null; readonly stdout: string }>;

export interface GpgOptions {
  /** Public keys that count, as gpgv reads them (not ASCII-armored). */
  readonly keyring: string;
  readonly run: RunProgram;
  /** Where to put the few files that gpgv reads. */
  readonly tmpDir: string;
  readonly gpgv?: string;
}

/**
 * A check by `gpgv`, which knows no keys but the keyring's. Tries the signature as a detached one, then as one that holds
 * the list itself; only what a good signature covers is returned.
 */
export function gpgSignature(options: GpgOptions): VerifySignature {
  const { keyring, run, tmpDir, gpgv = 'gpgv' } = options;
  return async ({ content, signature }) => {
    const dir = await mkdtemp(join(tmpDir, 'signature-'));
    const list = join(dir, 'sha256sum.txt');
    const proof = join(dir, 'sha256sum.txt.gpg');
    const inside = join(dir, 'inside');
    try {
      await writeFile(list, content);
      await writeFile(proof, signature);
      const common = ['--status-fd', '1', '--keyring', keyring];
      if (isGood(await run(gpgv, [...common, proof, list]))) return content;
      if (isGood(await run(gpgv, [...common, '--output', inside, proof]))) return await readFile(inside);
      throw new Error(`no key of ${keyring} made this signature`);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  };
}

/** Exit 0 and the machine-readable line: a good signature by a key that is not expired or revoked. */
function isGood(result: { readonly code: number | null; readonly stdout: string }): boolean {
  return result.code === 0 && /^\[GNUPG:\] VALIDSIG [0-9A-F]{40}/m.test(result.stdout);
}
