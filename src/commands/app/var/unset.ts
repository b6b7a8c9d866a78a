import { string as stringArgument } from '@oclif/core/args';
import { changeVariables, VARIABLE_CHANGE_FLAGS, variableOwner } from '../../../cli/apps/variables.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { UsageError } from '../../../cli/errors/cli-error.ts';

export default class AppVarUnset extends BaseCommand {
  static override summary = 'Remove variables of a service';
  static override examples = ['<%= config.bin %> app var unset api LOG_LEVEL'];
  static override usage = 'app var unset SERVICE NAME... [flags]';
  static override strict = false;
  static override args = {
    service: stringArgument({
      description: 'Name or id of the service, unless --shared is given; then NAME …',
      ignoreStdin: true,
    }),
  };
  static override waits = true;
  static override flags = { ...VARIABLE_CHANGE_FLAGS };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(AppVarUnset);
    const words = argv.map(String);
    const service = flags.shared === undefined ? words.shift() : undefined;
    if (words.length === 0) throw new UsageError('missing NAME', { hint: 'for example LOG_LEVEL' });
    const session = await this.open(flags);
    const owner = await variableOwner(session, service, flags);
    await changeVariables(session, owner, { unset: words }, flags);
  }
}
