import type { Command } from '@oclif/core/command';

/** Names that only a server or the configuration knows. */
export type NameKind = 'cluster' | 'context' | 'job' | 'profile' | 'team';

export interface Candidate {
  readonly value: string;
  readonly description?: string;
}

/** What the last word can become. */
export type Completion =
  | { readonly kind: 'words'; readonly candidates: readonly Candidate[] }
  /** `prefix` stands before each of them: `--flag=`. */
  | {
      readonly kind: 'names';
      readonly of: readonly NameKind[];
      readonly prefix: string;
      readonly current: string;
    }
  /** A file, or a text that cannot be known: the shell offers files. */
  | { readonly kind: 'files' };

type KnownCommand = Pick<Command.Loadable, 'id' | 'aliases' | 'hidden' | 'summary' | 'flags' | 'args'>;
interface KnownTopic {
  readonly name: string;
  readonly description?: string | undefined;
}

const OUTPUT_FORMATS = ['table', 'wide', 'json', 'yaml', 'name', 'csv', 'value='];
const NOTHING: Completion = { kind: 'words', candidates: [] };

/**
 * Completes a command line.
 * @param words those after `ocpctl`; the last one is being typed, and may be empty
 */
export function completeWords(
  commands: readonly KnownCommand[],
  topics: readonly KnownTopic[],
  words: readonly string[],
): Completion {
  const [before, current] = [joined(words).slice(0, -1), joined(words).at(-1) ?? ''];
  // What follows is a command line of another program.
  if (before.includes('--')) return { kind: 'files' };
  const found = findCommand(commands, before);
  if (found === undefined) return matching(nextWords(commands, topics, before), current);
  const { command, rest } = found;
  const parsed = parseFlags(command, rest);
  if (parsed.open !== undefined) return flagValue(parsed.open, current);
  const [flagName, value] = splitFlag(current);
  if (value !== undefined) return flagValue(flagOf(command, flagName), value, `${flagName}=`);
  if (current.startsWith('-')) return matching(flagsOf(command, parsed.used), current);
  const argument = argumentAt(command, parsed.words.length);
  const next = nextWords(commands, topics, before);
  if (argument === undefined) return matching(next, current);
  return next.length > 0 ? matching(next, current) : argumentOf(command, argument, current);
}

/** bash splits words at `=`. */
function joined(words: readonly string[]): string[] {
  const result: string[] = [];
  words.forEach((word, index) => {
    const last = result.at(-1);
    if (word === '=' && last?.startsWith('--')) result[result.length - 1] = `${last}=`;
    else if (words[index - 1] === '=' && last?.endsWith('=')) result[result.length - 1] = `${last}${word}`;
    else result.push(word);
  });
  return result;
}

/** The command of the longest beginning of the words, and the words after it. */
function findCommand(
  commands: readonly KnownCommand[],
  words: readonly string[],
): { command: KnownCommand; rest: readonly string[] } | undefined {
  const end = words.findIndex((word) => word.startsWith('-'));
  for (let length = end === -1 ? words.length : end; length > 0; length--) {
    const id = words.slice(0, length).join(':');
    const command = commands.find(({ id: known, aliases }) => known === id || aliases.includes(id));
    if (command !== undefined) return { command, rest: words.slice(length) };
  }
  return undefined;
}

function nextWords(
  commands: readonly KnownCommand[],
  topics: readonly KnownTopic[],
  before: readonly string[],
): Candidate[] {
  const prefix = before.map((word) => `${word}:`).join('');
  const found = new Map<string, string | undefined>();
  const add = (id: string, description: string | undefined) => {
    if (!id.startsWith(prefix)) return;
    const [word = '', ...rest] = id.slice(prefix.length).split(':');
    if (word !== '' && (rest.length === 0 || !found.has(word)))
      found.set(word, rest.length === 0 ? description : undefined);
  };
  for (const { id, hidden, summary } of commands) if (!hidden) add(id, summary);
  for (const { name, description } of topics) add(name, description);
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([value, description]) => candidate(value, description));
}

interface ParsedFlags {
  /** The flag whose value is being typed. */
  readonly open: Command.Flag.Cached | undefined;
  readonly used: ReadonlySet<string>;
  readonly words: readonly string[];
}

function parseFlags(command: KnownCommand, rest: readonly string[]): ParsedFlags {
  let open: Command.Flag.Cached | undefined;
  const used = new Set<string>();
  const words: string[] = [];
  for (const word of rest) {
    if (open !== undefined) open = undefined;
    else if (word.startsWith('-')) {
      const [name, value] = splitFlag(word);
      const flag = flagOf(command, name);
      if (flag !== undefined) used.add(flag.name);
      if (flag?.type === 'option' && value === undefined) open = flag;
    } else words.push(word);
  }
  return { open, used, words };
}

function splitFlag(word: string): [name: string, value: string | undefined] {
  const at = word.indexOf('=');
  return word.startsWith('--') && at !== -1 ? [word.slice(0, at), word.slice(at + 1)] : [word, undefined];
}

function flagOf({ flags }: KnownCommand, word: string): Command.Flag.Cached | undefined {
  return Object.values(flags).find(({ name, char }) => word === `--${name}` || word === `-${char}`);
}

function flagsOf({ flags }: KnownCommand, used: ReadonlySet<string>): Candidate[] {
  return Object.values(flags)
    .filter(
      (flag) =>
        flag.hidden !== true && (!used.has(flag.name) || ('multiple' in flag && flag.multiple === true)),
    )
    .sort(
      (a, b) =>
        Number(a.helpGroup === 'GLOBAL') - Number(b.helpGroup === 'GLOBAL') || (a.name < b.name ? -1 : 1),
    )
    .map(({ name, description }) => candidate(`--${name}`, description));
}

/** @param prefix of the word, which stays: `--flag=` */
function flagValue(flag: Command.Flag.Cached | undefined, current: string, prefix = ''): Completion {
  if (flag?.type !== 'option') return NOTHING;
  const options = flag.name === 'output' ? OUTPUT_FORMATS : flag.options;
  if (options !== undefined)
    return matching(
      options.map((value) => candidate(`${prefix}${value}`)),
      `${prefix}${current}`,
    );
  const kind = FLAG_NAMES[flag.name];
  if (kind !== undefined) return { kind: 'names', of: [kind], prefix, current };
  return /^(?:FILE|DIR)/.test(String(flag.helpValue)) ? { kind: 'files' } : NOTHING;
}

const FLAG_NAMES: Readonly<Record<string, NameKind>> = {
  cluster: 'cluster',
  context: 'context',
  profile: 'profile',
  team: 'team',
};

const ARGUMENT_NAMES: Readonly<Record<string, readonly NameKind[]>> = {
  cluster: ['cluster'],
  job: ['job'],
  profile: ['profile'],
  subject: ['cluster', 'job'],
  target: ['cluster', 'job'],
  team: ['team'],
};

type Argument = Command.Arg.Cached;

function argumentAt({ args }: KnownCommand, index: number): Argument | undefined {
  const all = Object.values(args);
  const last = all.at(-1);
  return (
    all[index] ?? (last !== undefined && 'multiple' in last && last.multiple === true ? last : undefined)
  );
}

function argumentOf({ id }: KnownCommand, argument: Argument, current: string): Completion {
  if (argument.options !== undefined)
    return matching(
      argument.options.map((value) => candidate(value)),
      current,
    );
  if (argument.name === 'file') return { kind: 'files' };
  if (argument.name === 'name') {
    if (id.startsWith('context:')) return namesOf(['context'], current);
    return id.startsWith('profiles:') ? namesOf(['profile'], current) : NOTHING;
  }
  // Targets of notifications.
  const of = id.startsWith('admin:notifications:') ? undefined : ARGUMENT_NAMES[argument.name];
  return of === undefined ? NOTHING : namesOf(of, current);
}

function namesOf(of: readonly NameKind[], current: string): Completion {
  return { kind: 'names', of, prefix: '', current };
}

function candidate(value: string, description?: string): Candidate {
  return description === undefined ? { value } : { value, description };
}

function matching(candidates: readonly Candidate[], current: string): Completion {
  return { kind: 'words', candidates: candidates.filter(({ value }) => value.startsWith(current)) };
}
