import { string } from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/base-command.ts';
import { requiredArgument } from '../../../cli/flags/arguments.ts';
import { DRY_RUN_FLAG, grantFromFlags, roleFlag } from '../../../cli/flags/grant-flags.ts';
import { idempotencyKey } from '../../../client/api-client.ts';
import { grantChange } from '../../../render/access.ts';

export default class AdminGrantsRemove extends BaseCommand {
  static override description = 'Take a grant away, from the next request on; the last admin stays';
  static override examples = [
    '<%= config.bin %> admin grants remove local:ann --role requester --team payments',
    "<%= config.bin %> admin grants remove local:admin --role platform_admin --team '*' --dry-run",
  ];
  static override args = { principal: requiredArgument('whose grant it is') };
  static override flags = {
    role: roleFlag('the role that was granted (required)'),
    team: string({ description: "the team it was granted in; '*' is all (required)" }),
    ...DRY_RUN_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AdminGrantsRemove);
    const session = await this.open(flags);
    const dryRun = flags['dry-run'];
    const query = { ...grantFromFlags(args.principal, flags), dryRun };
    const { data } = await session.client.DELETE('/v1/admin/grants', {
      params: { query, header: { 'idempotency-key': idempotencyKey() } },
    });
    await session.print(grantChange(data, dryRun ? 'WOULD REMOVE' : 'REMOVED'));
    if (dryRun) session.note('A dry run: nothing was changed.');
  }
}
