import { string as stringArgument } from '@oclif/core/args';
import { SERVICE_LOCATION_FLAGS } from '../../../cli/apps/app-flags.ts';
import { listOfVariables } from '../../../cli/apps/list-variables.ts';
import { changeVariables, noteVariables, SHARED_FLAG, variableOwner } from '../../../cli/apps/variables.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { UsageError } from '../../../cli/errors/cli-error.ts';
import { IDEMPOTENCY_KEY_FLAG } from '../../../cli/flags/shared-flags.ts';

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
  static override flags = { ...SHARED_FLAG, ...SERVICE_LOCATION_FLAGS, ...IDEMPOTENCY_KEY_FLAG };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(AppVarUnset);
    const words = argv.map(String);
    const service = flags.shared === undefined ? words.shift() : undefined;
    if (words.length === 0) throw new UsageError('missing NAME', { hint: 'for example LOG_LEVEL' });
    const session = await this.open(flags);
    const owner = await variableOwner(session, service, flags);
    const { changed, deployment } = await changeVariables(session, owner, { unset: words }, flags);
    await session.print(await listOfVariables(session, owner));
    noteVariables(session, owner, changed, deployment);
  }
}
