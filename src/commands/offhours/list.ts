import { BaseCommand } from '../../cli/base-command.ts';
import { collect } from '../../client/pages.ts';
import { offhoursList } from '../../render/offhours.ts';

export default class OffhoursList extends BaseCommand {
  static override summary = 'List the working hours of teams';
  static override examples = ['<%= config.bin %> offhours list'];

  async run(): Promise<void> {
    const { flags } = await this.parse(OffhoursList);
    const session = await this.open(flags);
    const schedules = await collect(
      async (query) => (await session.client.GET('/v1/offhours/teams', { params: { query } })).data,
    );
    await session.print(offhoursList(schedules, session.io.now()));
  }
}
