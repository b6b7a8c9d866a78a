import { string as stringArgument } from '@oclif/core/args';
import { SERVICE_LOCATION_FLAGS } from '../../../cli/apps/app-flags.ts';
import { listOfVariables } from '../../../cli/apps/list-variables.ts';
import { SHARED_FLAG, variableOwner } from '../../../cli/apps/variables.ts';
import { BaseCommand } from '../../../cli/base-command.ts';

export default class AppVarList extends BaseCommand {
  static override summary = 'List the names of variables of a service; values are never shown';
  static override aliases = ['app:var:ls'];
  static override examples = [
    '<%= config.bin %> app var list api',
    '<%= config.bin %> app var list --shared staging',
  ];
  static override args = {
    service: stringArgument({ description: 'Name or id of the service', ignoreStdin: true }),
  };
  static override flags = { ...SHARED_FLAG, ...SERVICE_LOCATION_FLAGS };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppVarList);
    const session = await this.open(flags);
    await session.print(await listOfVariables(session, await variableOwner(session, args.service, flags)));
  }
}
