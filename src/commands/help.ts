import { string } from '@oclif/core/args';
import { normalizeArgv } from '@oclif/core/help';
import { BaseCommand } from '../cli/base-command.ts';
import { UsageError } from '../cli/errors/cli-error.ts';
import HelpPages from '../cli/output/help.ts';
import { HELP_TOPICS } from '../cli/output/help-topics.ts';
import { closestMatch } from '../contract/closest-match.ts';

const TOPIC_NAMES = HELP_TOPICS.map(({ name }) => name).join(', ');

export default class Help extends BaseCommand {
  static override summary = 'Show help for a command or a topic';
  static override description = `Topics: ${TOPIC_NAMES}`;
  static override examples = ['<%= config.bin %> help create', '<%= config.bin %> help exit-codes'];
  static override strict = false;
  static override args = {
    subject: string({ description: 'Command or topic', ignoreStdin: true }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Help);
    const session = await this.open(flags);
    const words = argv.map(String);
    const topic = HELP_TOPICS.find(({ name }) => words.length === 1 && name === words[0]);
    if (topic !== undefined) session.io.stdout.write(`${topic.summary}\n\n${topic.text()}`);
    else {
      this.#assertKnown(words);
      await new HelpPages(this.config).showHelp(words);
    }
  }

  #assertKnown(words: readonly string[]): void {
    const { config } = this;
    const [id = ''] = words.length === 0 ? [] : normalizeArgv(config, [...words]);
    if (words.length === 0 || config.findCommand(id) !== undefined || config.findTopic(id) !== undefined)
      return;
    const names = [
      ...config.commands
        .filter(({ hidden }) => !hidden)
        .flatMap((command) => [command.id, ...command.aliases]),
      ...config.topics.map(({ name }) => name),
      ...HELP_TOPICS.map(({ name }) => name),
    ].map((name) => name.replaceAll(':', ' '));
    const nearest = closestMatch(words.join(' '), names) ?? closestMatch(words[0] ?? '', names);
    throw new UsageError(`unknown command or help topic "${words.join(' ')}"`, {
      hint:
        nearest === undefined
          ? "'ocpctl help' lists all commands and topics"
          : `did you mean 'ocpctl help ${nearest}'?`,
    });
  }
}
