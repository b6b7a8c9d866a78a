import { type Argument, argumentWord, type Flag, flagWords, isRequiredFlag, usageLine } from './flag-text.ts';
import { type HelpLook, type HelpRow, paragraph, section } from './help-layout.ts';
import { HELP_TOPIC_SUMMARIES } from './help-topic-summaries.ts';

/** What a page says of a command; the manifest has it, and oclif's commands. */
export interface HelpCommand {
  readonly id: string;
  readonly summary?: string | undefined;
  readonly description?: string | undefined;
  readonly usage?: string | readonly string[] | undefined;
  readonly aliases?: readonly string[] | undefined;
  readonly hiddenAliases?: readonly string[] | undefined;
  readonly hidden?: boolean | undefined;
  readonly strict?: boolean | undefined;
  readonly args: Readonly<Record<string, HelpArgument>>;
  readonly flags: Readonly<Record<string, HelpFlag>>;
  readonly examples?: string | readonly (string | { readonly command: string })[] | undefined;
}

interface HelpArgument extends Argument {
  readonly description?: string | undefined;
  readonly options?: readonly string[] | undefined;
}

interface HelpFlag extends Flag {
  readonly helpGroup?: string | undefined;
  readonly hidden?: boolean | undefined;
}

interface HelpTopic {
  readonly name: string;
  readonly description?: string | undefined;
}

/** All commands and topics; ids and names have colons between their words. */
export interface HelpTree {
  readonly description: string;
  readonly commands: readonly HelpCommand[];
  readonly topics: readonly HelpTopic[];
}

const GLOBAL_FLAGS_LINE = "-h, -o, -q, --json, --context, --server and others: see 'ocpctl help flags'";

/** The page of all commands. */
export function rootHelp(tree: HelpTree, look: HelpLook): string {
  const topics = HELP_TOPIC_SUMMARIES.map(({ name, summary }): HelpRow => [name, summary]);
  return [
    commandList(tree.description, '', tree, look),
    `${section('HELP TOPICS', topics, look)}\n`,
    `${moreAbout('COMMAND')}After 'npm install -g', 'man ocpctl' and 'man ocpctl-COMMAND' show the same.\n`,
  ].join('\n');
}

/** The page of a topic: its commands. */
export function topicHelp({ name, description = '' }: HelpTopic, tree: HelpTree, look: HelpLook): string {
  return `${commandList(description, name, tree, look)}\n${moreAbout(`${words(name)} COMMAND`)}`;
}

/** The page of a command in the order of `gh`: what it does, how it is called, its own flags, and the global flags last. */
export function commandHelp(command: HelpCommand, tree: HelpTree, look: HelpLook): string {
  return `${command.summary ?? ''}\n\n${commandSections(command, tree, look)}\n\n`;
}

/** The page of a command below its summary. */
export function commandSections(command: HelpCommand, tree: HelpTree, look: HelpLook): string {
  const { id, usage, args, strict, summary, description, aliases = [], examples } = command;
  const flags = Object.entries(command.flags)
    .map(([name, flag]) => ({ ...flag, name }))
    .filter(({ hidden }) => hidden !== true);
  const call = typeof usage === 'string' ? usage : usageLine(words(id), Object.values(args), flags, strict);
  return [
    section('USAGE', `ocpctl ${call}`, look),
    section('DESCRIPTION', summary === undefined ? '' : paragraph(ownText(description), look), look),
    section('ALIASES', aliases.map((alias) => `$ ocpctl ${words(alias)}`).join('\n'), look),
    section('COMMANDS', subcommands(tree, id), look),
    section('ARGUMENTS', argumentRows(Object.values(args), strict), look),
    section('FLAGS', flagRows(flags), look),
    section('EXAMPLES', exampleLines(examples), look),
    section('GLOBAL FLAGS', paragraph(GLOBAL_FLAGS_LINE, look), look),
  ]
    .filter((text) => text !== '')
    .join('\n\n');
}

function commandList(description: string, id: string, tree: HelpTree, look: HelpLook): string {
  const call = ['ocpctl', ...(id === '' ? [] : [words(id)]), 'COMMAND [flags]'].join(' ');
  const sections = [section('USAGE', call, look), section('COMMANDS', subcommands(tree, id), look)];
  return [description, ...sections].map((text) => `${text}\n`).join('\n');
}

function moreAbout(name: string): string {
  return `Use 'ocpctl ${name} --help' for more information about a command.\n`;
}

/** The commands and topics directly below a command or topic; below '' those of the root. */
function subcommands({ commands, topics }: HelpTree, id: string): HelpRow[] {
  const prefix = id === '' ? '' : `${id}:`;
  const shown = commands.filter(({ hidden }) => hidden !== true);
  const parents = topics.filter(({ name }) => shown.some((command) => command.id.startsWith(`${name}:`)));
  const summaries = new Map([
    ...parents.map(({ name, description }) => [name, description] as const),
    ...shown.map((command) => [command.id, command.summary] as const),
  ]);
  return [...summaries]
    .filter(([name]) => name.startsWith(prefix) && !name.includes(':', prefix.length))
    .map(([name, summary]): HelpRow => [name.slice(prefix.length), summary])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function argumentRows(args: readonly HelpArgument[], strict: boolean | undefined): HelpRow[] {
  return args.map((argument) => {
    const choices = argument.options === undefined ? [] : [`(${argument.options.join('|')})`];
    return [argumentWord(argument, strict), [...choices, ownText(argument.description)].join(' ')];
  });
}

/** The required ones first, each part by letters and then by names. */
function flagRows(flags: readonly HelpFlag[]): HelpRow[] {
  const key = ({ char, name }: HelpFlag) => `${char ?? '~'} ${name}`;
  const sorted = flags.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
  const own = [
    ...sorted.filter(isRequiredFlag),
    ...sorted.filter((flag) => !isRequiredFlag(flag) && flag.helpGroup !== 'GLOBAL'),
  ];
  const gap = own.some(({ char }) => char !== undefined) ? '    ' : '';
  return own.map((flag) => [flagWords(flag, gap), ownText(flag.description)]);
}

function exampleLines(examples: HelpCommand['examples'] = []): string {
  if (typeof examples === 'string') return '';
  const commands = examples.map((example) => (typeof example === 'string' ? example : example.command));
  return commands.map((command) => `$ ${ownText(command)}`).join('\n');
}

/** Examples are written as templates of oclif. */
function ownText(text = ''): string {
  return text.replaceAll('<%= config.bin %>', 'ocpctl');
}

function words(id: string): string {
  return id.replaceAll(':', ' ');
}
