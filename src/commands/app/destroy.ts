import { boolean, string } from '@oclif/core/flags';
import { serviceArgument } from '../../cli/apps/app-flags.ts';
import { CHANGE_FLAGS, changeService } from '../../cli/apps/change-service.ts';
import { resolveService } from '../../cli/apps/resolve-service.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { confirmNames } from '../../cli/output/prompt.ts';

export default class AppDestroy extends BaseCommand {
  static override summary = 'Destroy a service; databases and volumes stay';
  static override examples = ['<%= config.bin %> app destroy api', '<%= config.bin %> app destroy api --yes'];
  static override hiddenAliases = ['app:delete', 'app:rm'];
  static override waits = true;
  static override args = { service: serviceArgument() };
  static override flags = {
    yes: boolean({ char: 'y', description: 'Skip the confirmation prompt' }),
    confirm: string({ description: 'Confirm by name instead of the prompt', helpValue: 'NAME' }),
    reason: string({ description: 'Reason, recorded in the audit log', helpValue: 'TEXT' }),
    ...CHANGE_FLAGS,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppDestroy);
    const session = await this.open(flags);
    const service = await resolveService(session.client, args.service, flags);
    await confirmNames(session.io, session.promptPolicy, {
      names: [service.name],
      about: [`${service.name} in environment ${service.environment.name}: ${service.status}`],
      action: 'destroy',
      yes: flags.yes,
      confirm: flags.confirm === undefined ? [] : [flags.confirm],
    });
    await changeService(session, service.id, flags, (id, key) =>
      session.client.POST('/v1/app/services/{id}/destroy', {
        params: { path: { id }, header: { 'idempotency-key': key } },
        body: flags.reason === undefined ? {} : { reason: flags.reason },
      }),
    );
  }
}
