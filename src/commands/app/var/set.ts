import { string as stringArgument } from '@oclif/core/args';
import { variablesOfWords } from '../../../cli/apps/variable-words.ts';
import { changeVariables, VARIABLE_CHANGE_FLAGS, variableOwner } from '../../../cli/apps/variables.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { UsageError } from '../../../cli/errors/cli-error.ts';

export default class AppVarSet extends BaseCommand {
  static override summary = 'Set variables of a service';
  static override description =
    "A live service gets a new release with them, without a build. Values are sealed and never shown. They can refer to others: ${service.api.URL}, ${shared.NAME}. A secret is better read from a file or from stdin with 'app var import', which keeps it out of the history of the shell.";
  static override examples = [
    '<%= config.bin %> app var set api LOG_LEVEL=debug',
    "<%= config.bin %> app var set web 'API_URL=${service.api.URL}'",
    '<%= config.bin %> app var set --shared staging SENTRY_DSN=https://example.com/1',
  ];
  static override usage = 'app var set SERVICE NAME=VALUE... [flags]';
  static override strict = false;
  static override args = {
    service: stringArgument({
      description: 'Name or id of the service, unless --shared is given; then NAME=VALUE …',
      ignoreStdin: true,
    }),
  };
  static override waits = true;
  static override flags = { ...VARIABLE_CHANGE_FLAGS };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(AppVarSet);
    const words = argv.map(String);
    const service = flags.shared === undefined ? words.shift() : undefined;
    if (words.length === 0)
      throw new UsageError('missing NAME=VALUE', { hint: 'for example LOG_LEVEL=debug' });
    const set = variablesOfWords(words);
    const session = await this.open(flags);
    const owner = await variableOwner(session, service, flags);
    await changeVariables(session, owner, { set }, flags);
  }
}
