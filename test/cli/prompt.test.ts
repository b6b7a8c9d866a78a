import { describe, expect, it } from 'vitest';
import { canPrompt, confirmConsequence, confirmNames } from '../../src/cli/output/prompt.ts';
import { fakeIo } from './support-io.ts';

const willing = { noInput: false, machineOutput: false };
const request = { names: ['demo'], action: 'destroy', yes: false, confirm: [] };

describe('questions', () => {
  it('are only asked on a terminal, outside CI, without --no-input, for people', () => {
    expect(canPrompt(fakeIo({ isTTY: true }), willing)).toBe(true);
    expect(canPrompt(fakeIo({ isTTY: false }), willing)).toBe(false);
    expect(canPrompt(fakeIo({ isTTY: true, env: { CI: 'true' } }), willing)).toBe(false);
    expect(canPrompt(fakeIo({ isTTY: true }), { ...willing, noInput: true })).toBe(false);
    expect(canPrompt(fakeIo({ isTTY: true }), { ...willing, machineOutput: true })).toBe(false);
  });

  it('take the very name and nothing else', async () => {
    const right = fakeIo({ isTTY: true });
    right.stdin.write('demo\n');
    await expect(confirmNames(right, willing, request)).resolves.toBeUndefined();
    expect(right.written).toMatchObject({
      stdout: '',
      stderr: expect.stringContaining('Type demo to destroy it: '),
    });

    for (const answer of ['y\n', 'yes\n', 'Demo\n', '\n']) {
      const wrong = fakeIo({ isTTY: true });
      wrong.stdin.write(answer);
      await expect(confirmNames(wrong, willing, request)).rejects.toMatchObject({ exitCode: 2 });
    }
  });

  it('say first what is destroyed', async () => {
    const io = fakeIo({ isTTY: true });
    io.stdin.write('demo\n');
    await confirmNames(io, willing, { ...request, about: ['demo (clu_1) · READY'] });
    expect(io.written.stderr).toMatch(/^demo \(clu_1\) · READY\n.*Type demo to destroy it: /);
  });

  it('end at the end of the input as with Ctrl-C', async () => {
    const io = fakeIo({ isTTY: true });
    io.stdin.end();
    await expect(confirmNames(io, willing, request)).rejects.toMatchObject({
      message: 'interrupted; nothing was changed',
      exitCode: 130,
    });
  });

  it('take y or n for a consequence, ask again after anything else, and count an empty answer as no', async () => {
    const consequence = { consequence: 'This removes the only copy', yes: false };
    const willingIo = fakeIo({ isTTY: true });
    willingIo.stdin.write('maybe\nyes\n');
    await expect(confirmConsequence(willingIo, willing, consequence)).resolves.toBeUndefined();
    expect(willingIo.written.stderr).toContain('This removes the only copy. Continue? [y/N] ');
    expect(willingIo.written.stderr).toContain('type y or n');
    for (const answer of ['\n', 'n\n']) {
      const io = fakeIo({ isTTY: true });
      io.stdin.write(answer);
      await expect(confirmConsequence(io, willing, consequence)).rejects.toMatchObject({ exitCode: 2 });
    }
  });
});
