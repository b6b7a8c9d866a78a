import { string as stringArgument } from '@oclif/core/args';
import { string } from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/base-command.ts';
import { CliError } from '../../../cli/errors/cli-error.ts';
import { EXIT } from '../../../cli/errors/exit-codes.ts';
import { requiredArgument } from '../../../cli/flags/arguments.ts';
import { omitUndefined } from '../../../cli/omit-undefined.ts';
import { accessList, reasonText } from '../../../render/access.ts';

export default class AdminGrantsTest extends BaseCommand {
  static override description = 'Say what a principal may do, and which grant or rule decides';
  static override examples = [
    '<%= config.bin %> admin grants test local:ann',
    '<%= config.bin %> admin grants test local:ann destroyCluster --team payments',
  ];
  static override args = {
    principal: requiredArgument('who would ask'),
    operation: stringArgument({
      description: 'operation of the API, as createCluster; exit code 11 when it would be denied',
      ignoreStdin: true,
    }),
  };
  static override flags = {
    team: string({ description: 'in this team; without it, in any' }),
    'unique-id': string({ description: 'as if it had proven this AWS unique id', helpValue: 'ID' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AdminGrantsTest);
    const session = await this.open(flags);
    const { principal, operation } = args;
    const { team, 'unique-id': uniqueId } = flags;
    const query = { principal, ...omitUndefined({ operation, team, uniqueId }) };
    const { data } = await session.client.GET('/v1/admin/access', { params: { query } });
    await session.print(accessList(data));
    for (const grant of data.pinnedToOthers) {
      session.note(`${grant.role} in ${grant.team} is pinned to ${grant.uniqueId}: it does not count here.`);
    }
    const denied = data.items.find(({ allowed }) => !allowed);
    if (operation === undefined || denied === undefined) return;
    const where = team === undefined ? '' : ` in team ${team}`;
    throw new CliError('ACCESS_DENIED', `${principal} may not ${operation}${where}: ${reasonText(denied)}`, {
      exitCode: EXIT.problemsFound,
    });
  }
}
