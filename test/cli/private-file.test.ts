import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { withFileLock } from '../../src/cli/config/private-file.ts';
import { temporaryFolder } from '../commands/support/run-cli.ts';
import { NODE_PROGRAM } from '../setup/child-script.ts';
import { watchChild } from '../setup/watch-child.ts';

const CONFIG_SOURCES = join(import.meta.dirname, '../../src/cli/config');

/** A process that holds the lock of a file while it writes it, and says so. Node 20 does not read TypeScript. */
async function startHolder(file: string, before = '') {
  const script = `
    import { withFileLock, writePrivateFile } from './private-file.ts';
    ${before}
    setInterval(() => {}, 60_000);
    await withFileLock(${JSON.stringify(file)}, { waitMs: 0, staleMs: 60_000 }, () =>
      writePrivateFile(${JSON.stringify(file)}, 'key', () => {
        console.error('held');
        return new Promise(() => {});
      }),
    );`;
  const outfile = join(temporaryFolder(), 'holder.mjs');
  await build({ ...NODE_PROGRAM, stdin: { contents: script, resolveDir: CONFIG_SOURCES }, outfile });
  return watchChild(spawn(process.execPath, [outfile]));
}

describe('the lock of a file, and the temporary file with keys', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('go with a process that %s ends', async (signal) => {
    const folder = temporaryFolder();
    const { child, finished, stderrHas } = await startHolder(join(folder, 'config'));
    await stderrHas('held');
    expect(await readdir(folder)).toHaveLength(2);
    child.kill(signal);
    expect(await finished).toMatchObject({ signal });
    expect(await readdir(folder)).toEqual([]);
  });

  it('go when something else handles the signal and exits', async () => {
    const folder = temporaryFolder();
    const { child, finished, stderrHas } = await startHolder(
      join(folder, 'config'),
      "process.on('SIGINT', () => process.exit(130));",
    );
    await stderrHas('held');
    child.kill('SIGINT');
    expect(await finished).toMatchObject({ code: 130 });
    expect(await readdir(folder)).toEqual([]);
  });

  it('leave no handlers', async () => {
    const file = join(temporaryFolder(), 'config');
    const count = () => process.listenerCount('SIGINT') + process.listenerCount('exit');
    const before = count();
    await withFileLock(file, { waitMs: 0, staleMs: 60_000 }, async () => {
      expect(count()).toBe(before + 2);
    });
    expect(count()).toBe(before);
  });
});

it('a lock that is not free in time is named with the programs that may hold it', async () => {
  const file = join(temporaryFolder(), 'config');
  const timeouts = { waitMs: 0, staleMs: 60_000, programs: 'other ocpctl or kubectl' };
  const second = () => withFileLock(file, timeouts, async () => {});
  await withFileLock(file, timeouts, async () => {
    await expect(second()).rejects.toMatchObject({
      code: 'CONFIG_LOCKED',
      hint: `if no other ocpctl or kubectl is running: rm ${file}.lock`,
    });
  });
});
