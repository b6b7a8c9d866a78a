import type { Config } from '@oclif/core/config';
import { normalizeArgv } from '@oclif/core/help';
import { closestMatch } from '../contract/closest-match.ts';
import { UsageError } from './errors/cli-error.ts';
import { GLOBAL_FLAGS, REQUEST_TIMEOUT_FLAG } from './flags/shared-flags.ts';
import { mayBeSuggested, meantCommand } from './other-words.ts';
import { ownWords } from './own-words.ts';

/**
 * Moves flags of all commands from before the command and between its words to behind it, where oclif looks for them:
 * `ocpctl --context work jobs --json list`. The command of `ocpctl run` stays last. Such flags without a command show the help, as no words
 * at all do.
 */
export function flagsLast(config: Config, argv: readonly string[]): string[] {
  const own = ownWords(argv);
  const words = [...own];
  const moved: string[] = [];
  for (let count = 0; count < words.length; ) {
    const taken = wordsOfFlag(words[count] ?? '');
    if (taken !== undefined) moved.push(...words.splice(count, taken));
    else if (config.findTopic(words.slice(0, count + 1).join(':')) === undefined) break;
    else count++;
  }
  if (words.length === 0 && own.length === argv.length) return [];
  return [...words, ...moved, ...argv.slice(own.length)];
}

const FLAGS = Object.entries({ ...GLOBAL_FLAGS, ...REQUEST_TIMEOUT_FLAG });

/** @returns how many words before the command are flags of all commands and their values */
export function leadingFlags(words: readonly string[]): number {
  let count = 0;
  for (let word = words[0]; word?.startsWith('-'); word = words[count]) {
    const taken = wordsOfFlag(word);
    if (taken === undefined) break;
    count += taken;
  }
  return Math.min(count, words.length);
}

/** @returns 2 for a flag whose value follows, undefined for all other words */
function wordsOfFlag(word: string): 1 | 2 | undefined {
  const [long] = word.split('=');
  const found = FLAGS.find(
    ([name, flag]) => long === `--${name}` || ('char' in flag && word.startsWith(`-${flag.char}`)),
  );
  if (found === undefined) return undefined;
  const [, { type }] = found;
  const isAlone = word.startsWith('--') ? !word.includes('=') : word.length === 2;
  if (type === 'option') return isAlone ? 2 : 1;
  // -qo json
  return isAlone || word.startsWith('--') ? 1 : wordsOfFlag(`-${word.slice(2)}`);
}

/** oclif detects an unknown command late and has no suggestion for it. */
export function assertCommand(config: Config, argv: string[]): void {
  const [first] = argv;
  if (first === undefined || ['-h', '--help', '--version', '-v'].includes(first)) return;
  if (first.startsWith('-'))
    throw new UsageError(`unknown flag: ${first}`, {
      hint: 'flags of a command follow it: ocpctl COMMAND [flags]',
    });
  const [id = '', ...rest] = normalizeArgv(config, [...argv]);
  if (config.findCommand(id) !== undefined) return;
  if (config.findTopic(id) !== undefined) {
    const flag = rest.find((word) => wordsOfFlag(word) === undefined && word !== '--help' && word !== '-h');
    if (!flag?.startsWith('-')) return;
    throw new UsageError(`unknown flag: ${flag}`, {
      hint: `flags of a command follow it: ocpctl ${id.replaceAll(':', ' ')} COMMAND [flags]`,
    });
  }
  const known = config.commands.filter((command) => !command.hidden);
  const names = known
    .flatMap((command) => [command.id, ...command.aliases])
    .concat(config.topics.map(({ name }) => name))
    .map((name) => name.replaceAll(':', ' '));
  const typed = id.replaceAll(':', ' ');
  const words = typed.split(' ');
  const isKnown = (count: number) => {
    const parent = words.slice(0, count).join(':');
    return config.findCommand(parent) !== undefined || config.findTopic(parent) !== undefined;
  };
  const parentLength = words.findLastIndex((_, index) => isKnown(index + 1)) + 1;
  const parent = words.slice(0, parentLength).join(' ');
  const unknown = words[parentLength] ?? typed;
  const nearest = nearestCommand(words, parentLength, names);
  if (parentLength > 0 && !names.some((name) => name.startsWith(`${parent} `)))
    throw new UsageError(`unexpected argument: ${unknown}`, {
      hint: `'ocpctl ${parent}' takes no arguments`,
    });
  const where = parentLength === 0 ? '' : ` for "ocpctl ${parent}"`;
  const list =
    parentLength === 0 ? "'ocpctl help' lists all commands" : `'ocpctl ${parent} --help' lists its commands`;
  throw new UsageError(`unknown command "${unknown}"${where}`, {
    hint: nearest === undefined ? list : `did you mean 'ocpctl ${nearest}'?`,
  });
}

/** @param count of the words that are known */
function nearestCommand(
  words: readonly string[],
  count: number,
  names: readonly string[],
): string | undefined {
  const parent = words.slice(0, count);
  const unknown = words[count] ?? '';
  const below = names.filter((name) => name.startsWith(parent.map((word) => `${word} `).join('')));
  const meant = meantCommand(
    unknown,
    below.map((name) => name.split(' ')[count] ?? ''),
  );
  if (meant !== undefined) return [...parent, meant].join(' ');
  // `ocpctl deploy` as `ocpctl app deploy`.
  if (count === 0 && names.includes(`app ${unknown}`)) return `app ${unknown}`;
  const candidates = below.filter((name) => {
    const own = name.split(' ').slice(count);
    const isNear = count === 0 || closestMatch(unknown, own.slice(0, 1)) !== undefined;
    return isNear && own.every((word, index) => mayBeSuggested(words[count + index] ?? '', word));
  });
  return (
    closestMatch(words.join(' '), candidates) ??
    closestMatch(words.slice(0, count + 1).join(' '), candidates) ??
    (count === 0 ? closestMatch(unknown, candidates) : undefined)
  );
}
