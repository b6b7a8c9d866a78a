import { SERVICE_LOCATION_FLAGS, serviceArgument } from '../../cli/apps/app-flags.ts';
import { resolveService } from '../../cli/apps/resolve-service.ts';
import { awaitRun } from '../../cli/apps/runs.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { withHintFor } from '../../cli/errors/hint-for.ts';
import { durationMs } from '../../cli/flags/flag-values.ts';
import { IDEMPOTENCY_KEY_FLAG, WAIT_TIMEOUT_FLAG, waitFlag } from '../../cli/flags/shared-flags.ts';
import { sendOnce } from '../../cli/send-once.ts';
import { runRecord } from '../../render/app-run.ts';

export default class AppRun extends BaseCommand {
  static override summary = 'Run a cron service now, beside its schedule';
  static override description =
    'Shows what the run writes, and exits with code 10 when it does not succeed. A service has one run at a time.';
  static override examples = [
    '<%= config.bin %> app run nightly',
    '<%= config.bin %> app run nightly --no-wait',
  ];
  static override waits = true;
  static override args = { service: serviceArgument() };
  static override flags = {
    ...waitFlag('it has ended'),
    ...SERVICE_LOCATION_FLAGS,
    ...IDEMPOTENCY_KEY_FLAG,
    ...WAIT_TIMEOUT_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppRun);
    const session = await this.open(flags);
    const timeoutMs = durationMs('timeout', flags.timeout);
    if (flags.wait) session.waitThroughOutages(timeoutMs);
    const { id, name } = await resolveService(session.client, args.service, flags);
    const runs = `ocpctl app runs ${args.service}`;
    const { data } = await sendOnce({ flags, check: runs }, (key) =>
      withHintFor('STATE_CONFLICT', `'${runs}' shows its runs`, () =>
        session.client.POST('/v1/app/services/{id}/runs', {
          params: { path: { id }, header: { 'idempotency-key': key } },
        }),
      ),
    );
    const run = flags.wait ? await awaitRun(session, { id, name }, data.run, timeoutMs) : data.run;
    await session.print(runRecord(run, name, session.io.now()));
    if (!flags.wait) session.note(`Accepted. To see how it ends: '${runs}'.`);
  }
}
