import { fileURLToPath } from 'node:url';
import { Parser } from '@oclif/core';
import { Config } from '@oclif/core/config';
import { settings } from '@oclif/core/settings';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePlain } from '../../src/quick/parse-plain.ts';
import { QUICK_COMMANDS } from '../../src/quick/quick-commands.ts';
import { quickCommand } from '../../src/quick/quick-names.ts';

settings.enableAutoTranspile = false;
const root = fileURLToPath(new URL('../..', import.meta.url));
const config = await Config.load({ root, devPlugins: false, userPlugins: false });

const loaded = await Promise.all(
  Object.entries(QUICK_COMMANDS).map(async ([id, load]) => {
    const { args, flags, baseFlags } = (await load()).default as Grammar;
    const grammar = { args: args ?? {}, flags: { ...baseFlags, ...flags } };
    return [id, grammar, { args: asWritten(grammar.args), flags: asWritten(grammar.flags) }] as const;
  }),
);

/** Definitions without what the functions of oclif add, as the stand-in leaves them. */
function asWritten<Definition extends object>(
  definitions: Readonly<Record<string, Definition>>,
): Record<string, Definition> {
  const keep = (definition: Definition) =>
    Object.fromEntries(
      Object.entries(definition).filter(([key]) => key !== 'parse' && key !== 'input'),
    ) as Definition;
  return Object.fromEntries(
    Object.entries(definitions).map(([name, definition]) => [name, keep(definition)]),
  );
}

interface Grammar {
  readonly args?: Parameters<typeof parsePlain>[1]['args'];
  readonly flags: Parameters<typeof parsePlain>[1]['flags'];
  readonly baseFlags: Parameters<typeof parsePlain>[1]['flags'];
}

/** @returns undefined if oclif refuses the words */
async function withOclif(words: string[], grammar: object) {
  const { flags, args } = await Parser.parse(words, grammar).catch(() => ({
    flags: undefined,
    args: undefined,
  }));
  return flags === undefined ? undefined : { flags, args };
}

describe.each(loaded)('%s', (id, grammar, written) => {
  const names = Object.keys(grammar.flags);
  const chars = Object.values(grammar.flags).flatMap(({ char }) => (char === undefined ? [] : [`-${char}`]));
  const value = fc.constantFrom(
    'json',
    'a,b',
    'x=y',
    'auto',
    'aws',
    '-1',
    '-',
    '--',
    '',
    'READY',
    '--json',
    'ä',
  );
  const flag = fc.constantFrom(...names, 'nosuch', 'tem').map((name) => `--${name}`);
  const word = fc.oneof(
    { weight: 4, arbitrary: flag },
    { weight: 1, arbitrary: fc.tuple(flag, value).map((parts) => parts.join('=')) },
    { weight: 1, arbitrary: fc.constantFrom(...chars, '-x', '-oq', '-h', '--help', '-ojson') },
    { weight: 4, arbitrary: value },
  );

  test('understands what it parses as oclif does, and nothing that oclif refuses', async () => {
    let parsed = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 6 }), async (words) => {
        const plain = parsePlain(words, written);
        if (plain === undefined) return;
        parsed++;
        expect(plain).toEqual(await withOclif(words, grammar));
      }),
      { numRuns: 1_000, examples: [[[]], [['--output', 'json', '--quiet']]] },
    );
    expect(parsed).toBeGreaterThan(30);
  });

  test('is found by each name that oclif knows', () => {
    const { aliases, hiddenAliases } = config.findCommand(id, { must: true });
    for (const name of [id, ...aliases, ...hiddenAliases])
      expect(quickCommand([...name.split(':'), 'x'])).toEqual({ id, words: ['x'] });
  });
});

test('every name is that of a command', () => {
  const typed = loaded.flatMap(([id]) => {
    const { aliases, hiddenAliases } = config.findCommand(id, { must: true });
    return [id, ...aliases, ...hiddenAliases];
  });
  for (const { id } of config.commands)
    expect(quickCommand(id.split(':')) !== undefined, id).toBe(typed.includes(id));
});
