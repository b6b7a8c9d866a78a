import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MAX_MADE_MIB, readTextFile } from '../../src/cli/input-file.ts';
import { readInput } from '../../src/cli/output/io.ts';
import { temporaryFolder } from '../commands/support/run-cli.ts';
import { fakeIo } from './support-io.ts';

const MIB = 1024 * 1024;

describe('a file of the command line', () => {
  it('has up to 1 MiB, or more where a program wrote it', async () => {
    const path = join(temporaryFolder(), 'file');
    await writeFile(path, 'x'.repeat(MIB));
    expect((await readTextFile(path)).length).toBe(MIB);
    await writeFile(path, 'x'.repeat(MIB + 1));
    await expect(readTextFile(path)).rejects.toThrow(`${path} is larger than 1 MiB`);
    expect((await readTextFile(path, MAX_MADE_MIB)).length).toBe(MIB + 1);
  });

  it('is not read to the end when it has none', async () => {
    await expect(readTextFile('/dev/zero')).rejects.toThrow('/dev/zero is larger than 1 MiB');
  });

  it('that cannot be read is an error with the reason', async () => {
    await expect(readTextFile('/nonexistent/file')).rejects.toThrow(
      'cannot read /nonexistent/file: no such file',
    );
    await expect(readTextFile(temporaryFolder())).rejects.toThrow('cannot read');
  });
});

describe('stdin', () => {
  it('has up to 1 MiB, and characters that arrive in two parts', async () => {
    const io = fakeIo({ isTTY: false });
    const bytes = Buffer.from('é');
    io.stdin.write(bytes.subarray(0, 1));
    io.stdin.end(bytes.subarray(1));
    expect(await readInput(io, '-')).toBe('é');
    const long = fakeIo({ isTTY: false });
    long.stdin.end(Buffer.alloc(MIB + 1, 'x'));
    await expect(readInput(long, '-')).rejects.toThrow('stdin is larger than 1 MiB');
  });
});
