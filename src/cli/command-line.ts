import type { Config } from '@oclif/core/config';
import { normalizeArgv } from '@oclif/core/help';
import { closestMatch } from '../contract/closest-match.ts';
import { UsageError } from './errors/cli-error.ts';
import { GLOBAL_FLAGS, REQUEST_TIMEOUT_FLAG } from './flags/shared-flags.ts';

/** Without the command that `ocpctl run` runs. */
export function ownWords(argv: readonly string[]): readonly string[] {
  const dashes = argv.indexOf('--');
  return dashes === -1 ? argv : argv.slice(0, dashes);
}

/**
 * Moves flags of all commands from before the command to behind it, where oclif looks for them: `ocpctl --context work list`. The command
 * of `ocpctl run` stays last.
 */
export function flagsLast(argv: readonly string[]): string[] {
  const flags = Object.entries({ ...GLOBAL_FLAGS, ...REQUEST_TIMEOUT_FLAG });
  let count = 0;
  for (let word = argv[0]; word?.startsWith('-'); word = argv[count]) {
    const found = flags.find(
      ([name, flag]) =>
        word === `--${name}` ||
        word?.startsWith(`--${name}=`) ||
        ('char' in flag && word === `-${flag.char}`),
    );
    if (found === undefined) break;
    count += found[1].type === 'option' && !word.includes('=') ? 2 : 1;
  }
  const own = ownWords(argv);
  return [...own.slice(count), ...own.slice(0, count), ...argv.slice(own.length)];
}

/** oclif detects an unknown command late and has no suggestion for it. */
export function assertCommand(config: Config, argv: string[]): void {
  const [first] = argv;
  if (first === undefined || ['-h', '--help', '--version', '-v'].includes(first)) return;
  if (first.startsWith('-'))
    throw new UsageError(`unknown flag: ${first}`, {
      hint: 'flags of a command follow it: ocpctl COMMAND [flags]',
    });
  const [id = ''] = normalizeArgv(config, [...argv]);
  if (config.findCommand(id) !== undefined || config.findTopic(id) !== undefined) return;
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
  const nearest =
    closestMatch(typed, names) ??
    closestMatch(words.slice(0, 2).join(' '), names) ??
    (parentLength === 0 ? closestMatch(words[0] ?? '', names) : undefined);
  const unknown = words[parentLength] ?? typed;
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
