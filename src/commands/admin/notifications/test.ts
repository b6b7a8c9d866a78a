import { awaitDelivery } from '../../../cli/admin/notifications.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { IDEMPOTENCY_KEY_FLAG, requiredArgument } from '../../../cli/flags/shared-flags.ts';
import { sendOnce } from '../../../cli/send-once.ts';
import { deliveryList } from '../../../render/notification.ts';

export default class AdminNotificationsTest extends BaseCommand {
  static override summary = 'Send a test event to a target and show what it answers';
  static override description =
    'The event has the type notification.test. A target that was disabled is enabled again. Exits with 10 when the first attempt fails.';
  static override examples = ['<%= config.bin %> admin notifications test ops'];
  static override args = { name: requiredArgument('Name or id of the target') };
  static override flags = { ...IDEMPOTENCY_KEY_FLAG };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AdminNotificationsTest);
    const session = await this.open(flags);
    const { data } = await sendOnce({ flags, check: 'ocpctl admin notifications deliveries' }, (key) =>
      session.client.POST('/v1/admin/notifications/{target}/test', {
        params: { path: { target: args.name }, header: { 'idempotency-key': key } },
      }),
    );
    const delivery = await awaitDelivery(session.client, data);
    await session.print(deliveryList([delivery], session.io.now()));
  }
}
