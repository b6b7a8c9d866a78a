import { string } from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/base-command.ts';
import { grantFromFlags, roleFlag } from '../../../cli/flags/grant-flags.ts';
import { DRY_RUN_FLAG, IDEMPOTENCY_KEY_FLAG, requiredArgument } from '../../../cli/flags/shared-flags.ts';
import { sendOnce } from '../../../cli/send-once.ts';
import { grantChange } from '../../../render/access.ts';

export default class AdminGrantsRemove extends BaseCommand {
  static override summary = 'Remove a grant';
  static override description =
    'Takes effect with the next request of the principal. The grant of the last platform admin cannot be removed.';
  static override examples = [
    '<%= config.bin %> admin grants remove local:ann --role requester --team payments',
    "<%= config.bin %> admin grants remove local:admin --role platform_admin --team '*' --dry-run",
  ];
  static override args = {
    principal: requiredArgument('Principal that holds the grant; NAME is local:NAME'),
  };
  static override flags = {
    role: roleFlag('Role of the grant (required)'),
    team: string({ description: "Team of the grant; '*' for all teams (required)", helpValue: 'TEAM' }),
    ...DRY_RUN_FLAG,
    ...IDEMPOTENCY_KEY_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AdminGrantsRemove);
    const session = await this.open(flags);
    const dryRun = flags['dry-run'];
    const query = { ...grantFromFlags(args.principal, flags), dryRun };
    const { data } = await sendOnce({ flags, check: 'ocpctl admin grants list' }, (key) =>
      session.client.DELETE('/v1/admin/grants', {
        params: { query, header: { 'idempotency-key': key } },
      }),
    );
    await session.print(grantChange(data, dryRun ? 'WOULD REMOVE' : 'REMOVED'));
    if (dryRun) session.note('Dry run: nothing was changed.');
  }
}
