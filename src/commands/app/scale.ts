import { serviceArgument } from '../../cli/apps/app-flags.ts';
import { assertReplicated } from '../../cli/apps/assert-replicated.ts';
import { CHANGE_FLAGS, changeService } from '../../cli/apps/change-service.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { numberFlag } from '../../cli/flags/number-flag.ts';

export default class AppScale extends BaseCommand {
  static override summary = 'Change the number of instances of a service';
  static override examples = ['<%= config.bin %> app scale api --replicas 3'];
  static override waits = true;
  static override args = { service: serviceArgument() };
  static override flags = {
    replicas: numberFlag({
      description: 'Number of instances to have, 0 to 10; 0 stops it (required)',
      helpValue: 'N',
      required: true,
      min: 0,
      max: 10,
    }),
    ...CHANGE_FLAGS,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppScale);
    const session = await this.open(flags);
    const { replicas } = flags;
    await changeService(session, args.service, flags, async (id, key, service) => {
      const { name } = service;
      assertReplicated(service, `'ocpctl app stop ${name}' ends its schedule, 'app start' goes on with it`);
      return session.client.POST('/v1/app/services/{id}/scale', {
        params: { path: { id }, header: { 'idempotency-key': key } },
        body: { replicas },
      });
    });
  }
}
