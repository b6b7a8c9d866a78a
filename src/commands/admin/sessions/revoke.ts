import { BaseCommand } from '../../../cli/base-command.ts';
import { DRY_RUN_FLAG, IDEMPOTENCY_KEY_FLAG, requiredArgument } from '../../../cli/flags/shared-flags.ts';
import { sendOnce } from '../../../cli/send-once.ts';
import { sessionsEnded } from '../../../render/access-session.ts';

export default class AdminSessionsRevoke extends BaseCommand {
  static override summary = 'End all sessions of a principal';
  static override description =
    'Takes effect immediately on every server. The principal can sign in again if its grants allow it.';
  static override examples = [
    '<%= config.bin %> admin sessions revoke sso:111122223333:Developers',
    '<%= config.bin %> admin sessions revoke role:111122223333:ci --dry-run',
  ];
  static override args = {
    principal: requiredArgument(
      'Principal: user:ACCOUNT:NAME, role:ACCOUNT:NAME or sso:ACCOUNT:PERMISSION_SET',
    ),
  };
  static override flags = { ...DRY_RUN_FLAG, ...IDEMPOTENCY_KEY_FLAG };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AdminSessionsRevoke);
    const session = await this.open(flags);
    const dryRun = flags['dry-run'];
    const { data } = await sendOnce({ flags, check: 'ocpctl admin sessions list' }, (key) =>
      session.client.DELETE('/v1/admin/sessions', {
        params: {
          query: { principal: args.principal, dryRun },
          header: { 'idempotency-key': key },
        },
      }),
    );
    await session.print(sessionsEnded(data, dryRun ? 'WOULD REVOKE' : 'REVOKED'));
    if (dryRun) session.note('Dry run: nothing was changed.');
  }
}
