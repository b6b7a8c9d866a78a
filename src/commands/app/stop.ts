import { serviceArgument } from '../../cli/apps/app-flags.ts';
import { CHANGE_FLAGS, changeService } from '../../cli/apps/change-service.ts';
import { BaseCommand } from '../../cli/base-command.ts';

export default class AppStop extends BaseCommand {
  static override summary = 'Stop all instances of a service';
  static override examples = ['<%= config.bin %> app stop api', '<%= config.bin %> app start api'];
  static override waits = true;
  static override args = { service: serviceArgument() };
  static override flags = { ...CHANGE_FLAGS };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppStop);
    const session = await this.open(flags);
    await changeService(session, args.service, flags, (id, key) =>
      session.client.POST('/v1/app/services/{id}/scale', {
        params: { path: { id }, header: { 'idempotency-key': key } },
        body: { replicas: 0 },
      }),
    );
  }
}
