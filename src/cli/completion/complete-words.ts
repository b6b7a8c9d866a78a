import type { Command } from '@oclif/core/command';
import { leadingFlags } from '../command-line.ts';
import type { ConnectionFlags } from '../config/connection.ts';
import { SETTINGS } from '../config/settings.ts';
import { HELP_TOPICS } from '../output/help-topics.ts';
import { flagChoices, settingChoices } from './flag-choices.ts';
import {
  isVariableWord,
  type NameKind,
  nameOfFlag,
  namesOfArgument,
  type TypedApp,
  typedApp,
} from './name-kinds.ts';
import { flagOf, parseFlags, splitFlag } from './parse-flags.ts';

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
      /** Flags that are typed already, and say which server has the names. */
      readonly flags: ConnectionFlags;
      /** The kubeconfig that is typed already. */
      readonly file: string | undefined;
      readonly app: TypedApp | undefined;
    }
  /** Columns of what a command lists, separated by commas. */
  | {
      readonly kind: 'columns';
      readonly command: string;
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

const CONNECTION_FLAGS: readonly string[] = ['context', 'server', 'aws-profile'];
const NOTHING: Completion = { kind: 'words', candidates: [] };

/**
 * Completes a command line.
 * @param typed words after `ocpctl`; the last one is being typed, and may be empty
 */
export function completeWords(
  commands: readonly KnownCommand[],
  topics: readonly KnownTopic[],
  typed: readonly string[],
): Completion {
  const before = joined(typed);
  const current = before.pop() ?? '';
  // What follows is a command line of another program.
  if (before.includes('--')) return { kind: 'files' };
  const count = leadingFlags(before);
  const [leading, words] = [before.slice(0, count), before.slice(count)];
  const found = findCommand(commands, words);
  const command = found?.command ?? noCommand(words.length === 0 ? commands : []);
  const parsed = parseFlags(command, [...leading, ...(found?.rest ?? [])]);
  const app = typedApp(command.id, parsed);
  const names: NamesOf = (of, beginning, prefix = '') => ({
    kind: 'names',
    of,
    prefix,
    current: beginning,
    flags: Object.fromEntries([...parsed.values].filter(([name]) => CONNECTION_FLAGS.includes(name))),
    file: parsed.values.get('file'),
    app,
  });
  if (parsed.open !== undefined) return flagValue(names, command, parsed.open, current);
  const [flagName, value] = splitFlag(current);
  if (value !== undefined) return flagValue(names, command, flagOf(command, flagName), value, `${flagName}=`);
  if (current.startsWith('-')) return matching(flagsOf(command, parsed.used), current);
  if (command.id === 'help') return matching(helpSubjects(commands, topics, parsed.words), current);
  if (app !== undefined && isVariableWord(command.id, app, parsed.words.length))
    return names(['variable'], current);
  const argument = argumentAt(command, parsed.words.length);
  const next = nextWords(commands, topics, words);
  if (argument === undefined) return matching(next, current);
  if (next.length > 0) return matching(next, current);
  const settings = command.id.startsWith('config:') ? settingWords(parsed.words) : undefined;
  return settings === undefined ? argumentOf(names, command, argument, current) : matching(settings, current);
}

type NamesOf = (of: readonly NameKind[], beginning: string, prefix?: string) => Completion;

/** What stands before a command: the flags that all commands have. */
function noCommand(commands: readonly KnownCommand[]): KnownCommand {
  const all = commands.flatMap(({ flags }) => Object.entries(flags));
  const flags = Object.fromEntries(all.filter(([, flag]) => flag.helpGroup === 'GLOBAL'));
  return { id: '', aliases: [], hidden: false, flags, args: {} };
}

/** bash splits words at `=` and `:`. */
function joined(words: readonly string[]): string[] {
  const result: string[] = [];
  words.forEach((word, index) => {
    const last = result.at(-1);
    if (word === '=' && last?.startsWith('--')) result[result.length - 1] = `${last}=`;
    else if (word === ':' && last !== undefined) result[result.length - 1] = `${last}:`;
    else if (words[index - 1] === ':' && last?.endsWith(':')) result[result.length - 1] = `${last}${word}`;
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

/** What `ocpctl help` explains. */
function helpSubjects(
  commands: readonly KnownCommand[],
  topics: readonly KnownTopic[],
  before: readonly string[],
): Candidate[] {
  const pages = before.length > 0 ? [] : HELP_TOPICS.map(({ name, summary }) => candidate(name, summary));
  return [...nextWords(commands, topics, before), ...pages];
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
    .map((flag) => candidate(`--${isOnByDefault(flag) ? 'no-' : ''}${flag.name}`, flag.description));
}

/** Of such a flag, only the other form is worth typing: `--no-wait`. */
function isOnByDefault(flag: Command.Flag.Cached): boolean {
  return flag.type === 'boolean' && flag.allowNo === true && /\(default: --/.test(flag.description ?? '');
}

/** @param prefix of the word, which stays: `--flag=` */
function flagValue(
  names: NamesOf,
  { id }: KnownCommand,
  flag: Command.Flag.Cached | undefined,
  current: string,
  prefix = '',
): Completion {
  if (flag?.type !== 'option') return NOTHING;
  if (flag.name === 'columns' || flag.name === 'sort')
    return { kind: 'columns', command: id, prefix, current };
  const options = flagChoices(id, flag);
  if (options !== undefined)
    return matching(
      options.map((value) => candidate(`${prefix}${value}`)),
      `${prefix}${current}`,
    );
  const kind = nameOfFlag(id, flag.name);
  if (kind !== undefined) return names([kind], current, prefix);
  return /^(?:FILE|DIR)/.test(String(flag.helpValue)) ? { kind: 'files' } : NOTHING;
}

type Argument = Command.Arg.Cached;

function argumentAt({ args }: KnownCommand, index: number): Argument | undefined {
  const all = Object.values(args);
  const last = all.at(-1);
  return (
    all[index] ?? (last !== undefined && 'multiple' in last && last.multiple === true ? last : undefined)
  );
}

function argumentOf(names: NamesOf, { id }: KnownCommand, argument: Argument, current: string): Completion {
  if (argument.options !== undefined)
    return matching(
      argument.options.map((value) => candidate(value)),
      current,
    );
  if (argument.name === 'file' || argument.name === 'directory') return { kind: 'files' };
  const of = namesOfArgument(id, argument.name);
  return of === undefined ? NOTHING : names(of, current);
}

/** The names of settings, then the values of one. */
function settingWords([name]: readonly string[]): Candidate[] {
  if (name === undefined) return SETTINGS.map((setting) => candidate(setting.name, setting.meaning));
  return settingChoices(name).map((value) => candidate(value));
}

function candidate(value: string, description?: string): Candidate {
  return description === undefined ? { value } : { value, description };
}

function matching(candidates: readonly Candidate[], current: string): Completion {
  return { kind: 'words', candidates: candidates.filter(({ value }) => value.startsWith(current)) };
}
