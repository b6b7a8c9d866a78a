import { string } from '@oclif/core/flags';
import { DELIVERY_STATUSES, fetchDeliveries } from '../../../cli/admin/notifications.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { deliveryList } from '../../../render/notification.ts';

export default class AdminNotificationsDeliveries extends BaseCommand {
  static override summary = 'List deliveries of notifications, newest first';
  static override description =
    'FAILED ones were given up after three days, or because the target rejects them; replay sends them again. Kept for 30 days.';
  static override examples = [
    '<%= config.bin %> admin notifications deliveries',
    '<%= config.bin %> admin notifications deliveries --target ops --status FAILED',
  ];
  static override flags = {
    target: string({ description: 'Filter by target, by name or id', helpValue: 'NAME' }),
    status: string({
      description: `Filter by status: ${DELIVERY_STATUSES.join(', ')}`,
      helpValue: 'STATUS',
      options: [...DELIVERY_STATUSES],
    }),
    event: string({ description: 'Filter by the id of an event', helpValue: 'ID' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(AdminNotificationsDeliveries);
    const session = await this.open(flags);
    const deliveries = await fetchDeliveries(session.client, flags);
    await session.print(deliveryList(deliveries, session.io.now()));
  }
}
