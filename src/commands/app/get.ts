import { SERVICE_LOCATION_FLAGS, serviceArgument } from '../../cli/apps/app-flags.ts';
import { resolveService } from '../../cli/apps/resolve-service.ts';
import { fetchMetrics } from '../../cli/apps/service-metrics.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { serviceRecord } from '../../render/app.ts';
import { metricsBlocks } from '../../render/app-metrics.ts';

export default class AppGet extends BaseCommand {
  static override summary = 'Show a service, its instances and its last deployment';
  static override examples = ['<%= config.bin %> app get api', '<%= config.bin %> app get api -o value=url'];
  static override args = { service: serviceArgument() };
  static override flags = { ...SERVICE_LOCATION_FLAGS };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppGet);
    const session = await this.open(flags);
    const service = await resolveService(session.client, args.service, flags);
    const isShown = !session.machineOutput && service.status !== 'DESTROYED';
    const metrics = isShown ? metricsBlocks(service, await fetchMetrics(session.client, service.id)) : [];
    await session.print(serviceRecord(service, session.io.now(), metrics));
  }
}
