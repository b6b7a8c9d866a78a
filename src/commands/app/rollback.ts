import { SERVICE_LOCATION_FLAGS, serviceArgument } from '../../cli/apps/app-flags.ts';
import { awaitDeployment } from '../../cli/apps/deploy.ts';
import { resolveService } from '../../cli/apps/resolve-service.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { withHintFor } from '../../cli/errors/hint-for.ts';
import { durationMs } from '../../cli/flags/flag-values.ts';
import { numberFlag } from '../../cli/flags/number-flag.ts';
import { IDEMPOTENCY_KEY_FLAG, WAIT_TIMEOUT_FLAG, waitFlag } from '../../cli/flags/shared-flags.ts';
import { sendOnce } from '../../cli/send-once.ts';
import { serviceRecord } from '../../render/app.ts';

export default class AppRollback extends BaseCommand {
  static override summary = 'Deploy an earlier release of a service again';
  static override description =
    'Restores the build, the variables and the settings of the release, without a build. Data in databases and volumes is never rolled back.';
  static override examples = [
    '<%= config.bin %> app rollback api',
    '<%= config.bin %> app rollback api --release 3',
  ];
  static override waits = true;
  static override args = { service: serviceArgument() };
  static override flags = {
    release: numberFlag({
      description: 'Number of the release (default: the one that was live before)',
      helpValue: 'N',
      min: 1,
    }),
    ...waitFlag('it is live'),
    ...SERVICE_LOCATION_FLAGS,
    ...IDEMPOTENCY_KEY_FLAG,
    ...WAIT_TIMEOUT_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppRollback);
    const session = await this.open(flags);
    const timeoutMs = durationMs('timeout', flags.timeout);
    const { id } = await resolveService(session.client, args.service, flags);
    const send = (key: string) =>
      session.client.POST('/v1/app/services/{id}/rollback', {
        params: { path: { id }, header: { 'idempotency-key': key } },
        body: flags.release === undefined ? {} : { release: flags.release },
      });
    const hint = `'ocpctl app releases ${args.service}' shows the releases`;
    const { data } = await withHintFor('NOT_FOUND', hint, () =>
      sendOnce({ flags, check: `ocpctl app get ${args.service}` }, send),
    );
    const service = flags.wait ? await awaitDeployment(session, data, timeoutMs) : data.service;
    await session.print(serviceRecord(service, session.io.now()));
    const where = `release ${data.deployment.release} of ${service.name}`;
    session.note(flags.wait ? `Rolled back to ${where}.` : `Accepted: rolling back to ${where}.`);
    session.note('Data was not rolled back. Automatic deployments are refused until a user deploys it.');
  }
}
