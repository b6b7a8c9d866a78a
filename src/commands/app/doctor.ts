import { BaseCommand } from '../../cli/base-command.ts';
import { driverList } from '../../render/app-plan.ts';

export default class AppDoctor extends BaseCommand {
  static override summary =
    'Show what builds and runs applications on the server, and what could be used besides';
  static override examples = ['<%= config.bin %> app doctor'];

  async run(): Promise<void> {
    const { flags } = await this.parse(AppDoctor);
    const session = await this.open(flags);
    const { data } = await session.client.GET('/v1/app/drivers');
    await session.print(driverList(data.items));
  }
}
