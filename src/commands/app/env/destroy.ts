import { boolean, string } from '@oclif/core/flags';
import { ENVIRONMENT_TEAM_FLAG, environmentArgument } from '../../../cli/apps/app-flags.ts';
import { awaitEnvironmentDestroy } from '../../../cli/apps/destroy-environment.ts';
import { resolveEnvironment } from '../../../cli/apps/resolve-service.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { durationMs } from '../../../cli/flags/flag-values.ts';
import { IDEMPOTENCY_KEY_FLAG, WAIT_TIMEOUT_FLAG, waitFlag } from '../../../cli/flags/shared-flags.ts';
import { confirmNames } from '../../../cli/output/prompt.ts';
import { sendOnce } from '../../../cli/send-once.ts';
import { environmentRecord } from '../../../render/app-environment.ts';
import { countText } from '../../../render/format.ts';

export default class AppEnvDestroy extends BaseCommand {
  static override summary = 'Destroy an environment with all its services, databases and volumes';
  static override description =
    "An environment becomes DESTROYED only when nothing of it is left; what is left is shown. To keep the backups of a database, destroy it first with 'ocpctl app db destroy --keep-backups'.";
  static override examples = ['<%= config.bin %> app env destroy review-42'];
  static override hiddenAliases = ['app:env:delete', 'app:env:rm'];
  static override waits = true;
  static override args = { environment: environmentArgument() };
  static override flags = {
    yes: boolean({ char: 'y', description: 'Skip the confirmation prompt' }),
    confirm: string({ description: 'Confirm by name instead of the prompt', helpValue: 'NAME' }),
    reason: string({ description: 'Reason, recorded in the audit log', helpValue: 'TEXT' }),
    ...waitFlag('it is DESTROYED'),
    ...ENVIRONMENT_TEAM_FLAG,
    ...IDEMPOTENCY_KEY_FLAG,
    ...WAIT_TIMEOUT_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppEnvDestroy);
    const session = await this.open(flags);
    const timeoutMs = durationMs('timeout', flags.timeout);
    const found = await resolveEnvironment(session.client, args.environment, flags);
    const { id, name, services, databases, volumes } = found;
    await confirmNames(session.io, session.promptPolicy, {
      names: [name],
      about: [
        `${name} has ${countText(services, 'service')}, ${countText(databases, 'database')} and ${countText(volumes, 'volume')}; they are destroyed with it, with all data and its backups`,
      ],
      action: 'destroy',
      yes: flags.yes,
      confirm: flags.confirm === undefined ? [] : [flags.confirm],
    });
    const { data } = await sendOnce({ flags, check: 'ocpctl app env list --all' }, (key) =>
      session.client.POST('/v1/app/environments/{id}/destroy', {
        params: { path: { id }, header: { 'idempotency-key': key } },
        body: flags.reason === undefined ? {} : { reason: flags.reason },
      }),
    );
    const environment = flags.wait
      ? await awaitEnvironmentDestroy(session, data, timeoutMs)
      : data.environment;
    await session.print(environmentRecord(environment, session.io.now()));
  }
}
