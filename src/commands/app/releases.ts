import { SERVICE_LOCATION_FLAGS, serviceArgument } from '../../cli/apps/app-flags.ts';
import { resolveService } from '../../cli/apps/resolve-service.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { collect } from '../../client/pages.ts';
import { releaseList } from '../../render/app.ts';

export default class AppReleases extends BaseCommand {
  static override summary = 'List the releases of a service, newest first';
  static override examples = ['<%= config.bin %> app releases api'];
  static override args = { service: serviceArgument() };
  static override flags = { ...SERVICE_LOCATION_FLAGS };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppReleases);
    const session = await this.open(flags);
    const { id } = await resolveService(session.client, args.service, flags);
    const releases = await collect(async (query) => {
      const params = { path: { id }, query };
      return (await session.client.GET('/v1/app/services/{id}/releases', { params })).data;
    });
    await session.print(releaseList(releases, session.io.now()));
  }
}
