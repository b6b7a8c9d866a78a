import { BaseCommand } from '../../cli/base-command.ts';
import { retentionList } from '../../render/task.ts';

export default class AdminRetention extends BaseCommand {
  static override summary = 'Show what is removed by age, and how much would be removed now';
  static override description = 'Removes nothing: janitors apply the rules every hour.';
  static override examples = [
    '<%= config.bin %> admin retention',
    '<%= config.bin %> admin retention -o json',
  ];

  async run(): Promise<void> {
    const { flags } = await this.parse(AdminRetention);
    const session = await this.open(flags);
    const { data } = await session.client.GET('/v1/admin/retention');
    await session.print(retentionList(data));
  }
}
