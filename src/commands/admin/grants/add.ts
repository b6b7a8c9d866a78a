import { string } from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/base-command.ts';
import { omitUndefined } from '../../../cli/flags/flag-values.ts';
import { grantFromFlags, roleFlag } from '../../../cli/flags/grant-flags.ts';
import { DRY_RUN_FLAG, IDEMPOTENCY_KEY_FLAG, requiredArgument } from '../../../cli/flags/shared-flags.ts';
import { sendOnce } from '../../../cli/send-once.ts';
import { grantChange } from '../../../render/access.ts';

export default class AdminGrantsAdd extends BaseCommand {
  static override summary = 'Grant a role in a team to a principal';
  static override examples = [
    '<%= config.bin %> admin grants add ann --role requester --team payments',
    "<%= config.bin %> admin grants add sso:111122223333:Auditors --role auditor --team '*'",
    '<%= config.bin %> admin grants add role:111122223333:ci --role requester --team web --unique-id AROAEXAMPLEEXAMPLE01',
  ];
  static override args = {
    principal: requiredArgument(
      'Principal: NAME or local:NAME, user:ACCOUNT:NAME, role:ACCOUNT:NAME or sso:ACCOUNT:PERMISSION_SET',
    ),
  };
  static override flags = {
    role: roleFlag('Role to grant (required)'),
    team: string({
      description: "Team; '*' for all teams, with the roles auditor and platform_admin (required)",
      helpValue: 'TEAM',
    }),
    'unique-id': string({
      description: 'Restrict the grant to the AWS user or role with this unique id',
      helpValue: 'ID',
    }),
    ...DRY_RUN_FLAG,
    ...IDEMPOTENCY_KEY_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AdminGrantsAdd);
    const session = await this.open(flags);
    const dryRun = flags['dry-run'];
    const body = {
      ...grantFromFlags(args.principal, flags),
      ...omitUndefined({ uniqueId: flags['unique-id'] }),
    };
    const { data } = await sendOnce({ flags, check: 'ocpctl admin grants list' }, (key) =>
      session.client.POST('/v1/admin/grants', {
        params: { query: { dryRun }, header: { 'idempotency-key': key } },
        body,
      }),
    );
    await session.print(grantChange(data, dryRun ? 'WOULD ADD' : 'ADDED'));
    if (dryRun) session.note('Dry run: nothing was changed.');
  }
}
