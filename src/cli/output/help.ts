import type { Command } from '@oclif/core/command';
import { CommandHelp, Help as OclifHelp } from '@oclif/core/help';
import type { Config, Topic } from '@oclif/core/interfaces';
import { flagWords, isRequiredFlag, usageLine } from './flag-text.ts';
import { HELP_TOPICS } from './help-topics.ts';

const GLOBAL_FLAGS_LINE = "-h, -o, -q, --json, --context, --server and others: see 'ocpctl help flags'";

class CommandPage extends CommandHelp {
  protected override sections(): ReturnType<CommandHelp['sections']> {
    const inherited = super.sections();
    const only = (name: string) => inherited.filter(({ header }) => header === name);
    return [
      ...only('USAGE'),
      ...only('DESCRIPTION'),
      ...only('ALIASES'),
      {
        header: 'COMMANDS',
        generate: (_data, header) => {
          const body = subcommands(this.config, this.command.id);
          return body.length === 0 ? undefined : { header, body };
        },
      },
      ...only('ARGUMENTS'),
      {
        header: 'FLAGS',
        generate: ({ flags }, header) => [
          {
            header,
            body: this.flags([
              ...flags.filter((flag) => isRequiredFlag(flag)),
              ...flags.filter((flag) => !isRequiredFlag(flag) && !isGlobal(flag)),
            ]),
          },
        ],
      },
      ...only('EXAMPLES'),
      {
        header: 'GLOBAL FLAGS',
        generate: (_data, header) => ({ header, body: this.wrap(GLOBAL_FLAGS_LINE) }),
      },
    ];
  }

  protected override usage(): string {
    const { usage } = this.command;
    if (typeof usage === 'string') return `${this.config.bin} ${usage}`;
    const { id, args, flags, strict } = this.command;
    return `${this.config.bin} ${usageLine(id, Object.values(args), Object.values(flags), strict)}`;
  }

  /** The summary is above the page already. */
  protected override description(): string | undefined {
    const { summary, description } = this.command;
    return summary === undefined || description === undefined ? undefined : this.wrap(description);
  }

  protected override flags(flags: Command.Flag.Any[]): [string, string | undefined][] | undefined {
    if (flags.length === 0) return undefined;
    const gap = flags.some(({ char }) => char !== undefined) ? '    ' : '';
    return flags.map((flag) => [flagWords(flag, gap), flag.description]);
  }

  /** In two columns, unless a word would be broken because the second one is too narrow. */
  override renderList(...[input, options]: Parameters<CommandHelp['renderList']>): string {
    const left = Math.max(...input.map(([text = '']) => text.length));
    const remaining = this.opts.maxWidth - options.indentation - left - 2;
    const isBroken = input.some(([, text = '']) => text.split(/\s/).some((word) => word.length > remaining));
    const list = super.renderList(input, isBroken ? { ...options, multiline: true } : options);
    // oclif removes the blanks before the first row, and with them its column.
    const [blanks = ''] = /^ */.exec(input[0]?.[0] ?? '') ?? [];
    return `${blanks}${list}`;
  }

  protected override examples(examples: Command.Example[] | string | undefined): string | undefined {
    if (!Array.isArray(examples)) return undefined;
    return examples
      .map((example) => `$ ${this.render(typeof example === 'string' ? example : example.command)}`)
      .join('\n');
  }
}

/** Help in the order of `gh`: what a command does, how it is called, its own flags, and the global flags last. */
export default class Help extends OclifHelp {
  protected override CommandHelpClass = CommandPage;

  override async showCommandHelp(command: Command.Loadable): Promise<void> {
    this.log(`${this.summary(command) ?? ''}\n`);
    this.log(`${this.formatCommand(command)}\n`);
  }

  protected override async showTopicHelp(topic: Topic): Promise<void> {
    this.#showCommands(topic.description, topic.name);
    this.#showMore(`${topic.name.replaceAll(':', ' ')} COMMAND`);
  }

  protected override async showRootHelp(): Promise<void> {
    this.#showCommands(this.config.pjson['description'], '');
    const topics = HELP_TOPICS.map(({ name, summary }): [string, string] => [name, summary]);
    this.log(`${this.section('HELP TOPICS', topics)}\n`);
    this.#showMore('COMMAND');
    this.log("After 'npm install -g', 'man ocpctl' and 'man ocpctl-COMMAND' show the same.");
  }

  #showCommands(description: string | undefined, id: string): void {
    const name = [this.config.bin, ...id.split(':'), 'COMMAND [flags]']
      .filter((word) => word !== '')
      .join(' ');
    this.log(`${description ?? ''}\n`);
    this.log(`${this.section('USAGE', name)}\n`);
    this.log(`${this.section('COMMANDS', subcommands(this.config, id))}\n`);
  }

  #showMore(name: string): void {
    this.log(`Use '${this.config.bin} ${name} --help' for more information about a command.`);
  }
}

function isGlobal(flag: Command.Flag.Any): boolean {
  return flag.helpGroup === 'GLOBAL';
}

/** The commands and topics directly below a command or topic; below '' those of the root. */
function subcommands(config: Config, id: string): [string, string | undefined][] {
  const prefix = id === '' ? '' : `${id.replaceAll(' ', ':')}:`;
  const aliases = config.commands.flatMap((command) => command.aliases);
  const commands = config.commands.filter((command) => !command.hidden && !aliases.includes(command.id));
  const topics = config.topics.filter(({ name }) =>
    commands.some((command) => command.id.startsWith(`${name}:`)),
  );
  const summaries = new Map([
    ...topics.map(({ name, description }) => [name, description] as const),
    ...commands.map((command) => [command.id, command.summary] as const),
  ]);
  return [...summaries]
    .filter(([name]) => name.startsWith(prefix) && !name.includes(':', prefix.length))
    .map(([name, summary]): [string, string | undefined] => [name.slice(prefix.length), summary])
    .sort(([a], [b]) => a.localeCompare(b, 'en'));
}
