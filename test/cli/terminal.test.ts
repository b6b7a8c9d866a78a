import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { pickMode, wantsColor } from '../../src/cli/output/terminal.ts';

const stream = (size: { isTTY?: boolean; columns?: number; rows?: number }) =>
  Object.assign(new PassThrough(), size);
const terminal = stream({ isTTY: true, columns: 80, rows: 24 });
const pipe = stream({});

describe('pickMode', () => {
  it.each([
    ['a terminal', 'auto', terminal, {}, 'live'],
    ['a pipe', 'auto', pipe, {}, 'plain'],
    ['a pty of 0 columns', 'auto', stream({ isTTY: true, columns: 0, rows: 0 }), {}, 'plain'],
    ['a tiny terminal', 'auto', stream({ isTTY: true, columns: 40, rows: 5 }), {}, 'plain'],
    ['CI', 'auto', terminal, { CI: '1' }, 'plain'],
    ['CI=false', 'auto', terminal, { CI: 'false' }, 'live'],
    ['TERM=dumb', 'auto', terminal, { TERM: 'dumb' }, 'plain'],
    ['live in CI', 'live', terminal, { CI: '1' }, 'live'],
    ['live in a pipe', 'live', pipe, {}, 'plain'],
    ['plain', 'plain', terminal, {}, 'plain'],
    ['none', 'none', terminal, {}, 'none'],
  ] as const)('%s, asked for %s', (_what, choice, where, env, mode) => {
    expect(pickMode(choice, where, env)).toBe(mode);
  });
});

describe('wantsColor', () => {
  it.each([
    ['auto', terminal, {}, true],
    ['auto', pipe, {}, false],
    ['auto', terminal, { NO_COLOR: '1' }, false],
    ['auto', terminal, { NO_COLOR: '' }, true],
    ['auto', pipe, { CLICOLOR_FORCE: '1' }, true],
    ['auto', pipe, { CLICOLOR_FORCE: '1', NO_COLOR: '1' }, false],
    ['auto', terminal, { CLICOLOR: '0' }, false],
    ['auto', terminal, { TERM: 'dumb' }, false],
    ['always', pipe, { NO_COLOR: '1' }, true],
    ['never', terminal, { CLICOLOR_FORCE: '1' }, false],
  ] as const)('%s', (choice, where, env, wanted) => {
    expect(wantsColor(choice, where, env)).toBe(wanted);
  });
});
