import type { Command } from '@oclif/core/command';

type CommandWithFlags = Pick<Command.Loadable, 'flags'>;

interface ParsedFlags {
  /** The flag whose value is being typed. */
  readonly open: Command.Flag.Cached | undefined;
  readonly used: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  readonly words: readonly string[];
}

/** Which flags, values and words a command line has so far. */
export function parseFlags(command: CommandWithFlags, rest: readonly string[]): ParsedFlags {
  let open: Command.Flag.Cached | undefined;
  const used = new Set<string>();
  const values = new Map<string, string>();
  const words: string[] = [];
  for (const word of rest) {
    if (open !== undefined) {
      values.set(open.name, word);
      open = undefined;
    } else if (word.startsWith('-')) {
      const [name, value] = splitFlag(word);
      const flag = flagOf(command, name);
      if (flag !== undefined) used.add(flag.name);
      if (flag !== undefined && value !== undefined) values.set(flag.name, value);
      if (flag?.type === 'option' && value === undefined) open = flag;
    } else words.push(word);
  }
  return { open, used, values, words };
}

export function splitFlag(word: string): [name: string, value: string | undefined] {
  const at = word.indexOf('=');
  return word.startsWith('--') && at !== -1 ? [word.slice(0, at), word.slice(at + 1)] : [word, undefined];
}

export function flagOf({ flags }: CommandWithFlags, word: string): Command.Flag.Cached | undefined {
  return Object.values(flags).find(({ name, char }) => word === `--${name}` || word === `-${char}`);
}
