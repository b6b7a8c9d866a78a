import { string } from '@oclif/core/args';
import { BaseCommand } from '../cli/base-command.ts';
import HelpPages from '../cli/output/help.ts';
import { HELP_TOPICS } from '../cli/output/help-topics.ts';

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
    else await new HelpPages(this.config, this.config.pjson.oclif.helpOptions).showHelp(words);
  }
}
