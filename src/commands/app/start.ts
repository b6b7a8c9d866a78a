import { serviceArgument } from '../../cli/apps/app-flags.ts';
import { CHANGE_FLAGS, changeService } from '../../cli/apps/change-service.ts';
import { fetchService } from '../../cli/apps/resolve-service.ts';
import { BaseCommand } from '../../cli/base-command.ts';

export default class AppStart extends BaseCommand {
  static override summary = 'Start a stopped service with as many instances as it had';
  static override examples = ['<%= config.bin %> app start api'];
  static override waits = true;
  static override args = { service: serviceArgument() };
  static override flags = { ...CHANGE_FLAGS };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppStart);
    const session = await this.open(flags);
    await changeService(session, args.service, flags, async (id, key) => {
      const { replicas, settings } = await fetchService(session.client, id);
      return session.client.POST('/v1/app/services/{id}/scale', {
        params: { path: { id }, header: { 'idempotency-key': key } },
        body: { replicas: replicas > 0 ? replicas : (settings.replicas ?? 1) },
      });
    });
  }
}
