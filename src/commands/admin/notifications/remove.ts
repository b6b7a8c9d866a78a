import { BaseCommand } from '../../../cli/base-command.ts';
import { DRY_RUN_FLAG, IDEMPOTENCY_KEY_FLAG, requiredArgument } from '../../../cli/flags/shared-flags.ts';
import { sendOnce } from '../../../cli/send-once.ts';
import { targetChange } from '../../../render/notification.ts';

export default class AdminNotificationsRemove extends BaseCommand {
  static override summary = 'Remove a target of notifications with its deliveries';
  static override examples = [
    '<%= config.bin %> admin notifications remove ops',
    '<%= config.bin %> admin notifications remove ops --dry-run',
  ];
  static override args = { name: requiredArgument('Name or id of the target') };
  static override flags = { ...DRY_RUN_FLAG, ...IDEMPOTENCY_KEY_FLAG };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AdminNotificationsRemove);
    const session = await this.open(flags);
    const dryRun = flags['dry-run'];
    const { data } = await sendOnce({ flags, check: 'ocpctl admin notifications list' }, (key) =>
      session.client.DELETE('/v1/admin/notifications/{target}', {
        params: { path: { target: args.name }, query: { dryRun }, header: { 'idempotency-key': key } },
      }),
    );
    await session.print(targetChange(data, dryRun ? 'WOULD REMOVE' : 'REMOVED'));
    if (dryRun) session.note('Dry run: nothing was changed.');
  }
}
