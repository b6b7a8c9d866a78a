import { serviceArgument } from '../../cli/apps/app-flags.ts';
import { assertReplicated } from '../../cli/apps/assert-replicated.ts';
import { CHANGE_FLAGS, changeService } from '../../cli/apps/change-service.ts';
import { BaseCommand } from '../../cli/base-command.ts';

export default class AppRestart extends BaseCommand {
  static override summary = 'Replace the instances of a service by new ones, without losing a request';
  static override examples = ['<%= config.bin %> app restart api'];
  static override waits = true;
  static override args = { service: serviceArgument() };
  static override flags = { ...CHANGE_FLAGS };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppRestart);
    const session = await this.open(flags);
    await changeService(session, args.service, flags, (id, key, service) => {
      assertReplicated(service, `'ocpctl app run ${service.name}' runs it now`);
      return session.client.POST('/v1/app/services/{id}/restart', {
        params: { path: { id }, header: { 'idempotency-key': key } },
      });
    });
  }
}
