import { fetchTargets } from '../../../cli/admin/notifications.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { targetList } from '../../../render/notification.ts';

export default class AdminNotificationsList extends BaseCommand {
  static override summary = 'List the targets of notifications';
  static override description = 'URLs and signing secrets are never shown.';
  static override examples = [
    '<%= config.bin %> admin notifications list',
    '<%= config.bin %> admin notifications list -o wide',
  ];

  async run(): Promise<void> {
    const { flags } = await this.parse(AdminNotificationsList);
    const session = await this.open(flags);
    await session.print(targetList(await fetchTargets(session.client), session.io.now()));
  }
}
