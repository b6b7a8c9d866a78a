import { SERVICE_LOCATION_FLAGS, serviceArgument } from '../../cli/apps/app-flags.ts';
import { resolveService } from '../../cli/apps/resolve-service.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { collect } from '../../client/pages.ts';
import { runList } from '../../render/app-run.ts';

export default class AppRuns extends BaseCommand {
  static override summary = 'List the last runs of a cron service, newest first';
  static override description = 'The newest 50 runs are kept, with what they wrote.';
  static override examples = ['<%= config.bin %> app runs nightly'];
  static override args = { service: serviceArgument() };
  static override flags = { ...SERVICE_LOCATION_FLAGS };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppRuns);
    const session = await this.open(flags);
    const { id } = await resolveService(session.client, args.service, flags);
    const runs = await collect(async (query) => {
      const params = { path: { id }, query };
      return (await session.client.GET('/v1/app/services/{id}/runs', { params })).data;
    });
    await session.print(runList(runs, session.io.now()));
  }
}
