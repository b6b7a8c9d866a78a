import { string as stringArgument } from '@oclif/core/args';
import { string } from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/base-command.ts';
import { CliError } from '../../../cli/errors/cli-error.ts';
import { EXIT } from '../../../cli/errors/exit-codes.ts';
import { omitUndefined } from '../../../cli/flags/flag-values.ts';
import { localPrincipal } from '../../../cli/flags/grant-flags.ts';
import { requiredArgument } from '../../../cli/flags/shared-flags.ts';
import { accessList, reasonText } from '../../../render/access.ts';

export default class AdminGrantsTest extends BaseCommand {
  static override summary = 'Show what a principal is allowed to do';
  static override description =
    'Shows the grant or rule that decides each operation. With OPERATION, exits with code 11 if it is denied.';
  static override examples = [
    '<%= config.bin %> admin grants test local:ann',
    '<%= config.bin %> admin grants test local:ann destroyCluster --team payments',
  ];
  static override args = {
    principal: requiredArgument('Principal to test; NAME is local:NAME'),
    operation: stringArgument({
      description: 'Operation of the API, for example createCluster (default: all)',
      ignoreStdin: true,
    }),
  };
  static override flags = {
    team: string({ description: 'Team in which to test (default: any team)', helpValue: 'TEAM' }),
    'unique-id': string({ description: 'AWS unique id that the principal signs in with', helpValue: 'ID' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AdminGrantsTest);
    const session = await this.open(flags);
    const { operation } = args;
    const principal = localPrincipal(args.principal);
    const { team, 'unique-id': uniqueId } = flags;
    const query = { principal, ...omitUndefined({ operation, team, uniqueId }) };
    const { data } = await session.client.GET('/v1/admin/access', { params: { query } });
    await session.print(accessList(data));
    for (const grant of data.pinnedToOthers) {
      session.note(
        `Ignored: ${grant.role} in ${grant.team} is pinned to the AWS unique id ${grant.uniqueId}.`,
      );
    }
    const denied = data.items.find(({ allowed }) => !allowed);
    if (operation === undefined || denied === undefined) return;
    const where = team === undefined ? '' : ` in team ${team}`;
    throw new CliError(
      'ACCESS_DENIED',
      `${principal} is not allowed to call ${operation}${where}: ${reasonText(denied)}`,
      {
        exitCode: EXIT.problemsFound,
      },
    );
  }
}
