import { string } from '@oclif/core/flags';
import {
  awaitDatabaseJob,
  DATABASE_LOCATION_FLAGS,
  databaseArgument,
  resolveDatabase,
} from '../../../cli/apps/databases.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { durationMs, omitUndefined } from '../../../cli/flags/flag-values.ts';
import { IDEMPOTENCY_KEY_FLAG, WAIT_TIMEOUT_FLAG, waitFlag } from '../../../cli/flags/shared-flags.ts';
import { sendOnce } from '../../../cli/send-once.ts';
import { databaseRecord } from '../../../render/app-database.ts';

export default class AppDbRotate extends BaseCommand {
  static override summary = 'Replace the login of a database while its services go on';
  static override description =
    'Services that use it are deployed with the new one; the old one ends when no session uses it. A rotation that did not end is completed.';
  static override examples = [
    '<%= config.bin %> app db rotate main',
    '<%= config.bin %> app db rotate main --grace 5m --reason "someone left"',
  ];
  static override waits = true;
  static override args = { database: databaseArgument() };
  static override flags = {
    grace: string({
      description: 'How long other sessions of the old login may go on, at most 10m (default: 60s)',
      helpValue: 'DURATION',
    }),
    reason: string({ description: 'Reason, recorded in the audit log', helpValue: 'TEXT' }),
    ...waitFlag('the old login is gone'),
    ...DATABASE_LOCATION_FLAGS,
    ...IDEMPOTENCY_KEY_FLAG,
    ...WAIT_TIMEOUT_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppDbRotate);
    const session = await this.open(flags);
    const timeoutMs = durationMs('timeout', flags.timeout);
    const graceSeconds =
      flags.grace === undefined ? undefined : Math.ceil(durationMs('grace', flags.grace) / 1_000);
    const { id } = await resolveDatabase(session.client, args.database, flags);
    const { data } = await sendOnce({ flags, check: `ocpctl app db get ${id}` }, (key) =>
      session.client.POST('/v1/app/databases/{id}/rotate', {
        params: { path: { id }, header: { 'idempotency-key': key } },
        body: omitUndefined({ graceSeconds, reason: flags.reason }),
      }),
    );
    const database = flags.wait ? await awaitDatabaseJob(session, data, timeoutMs) : data.database;
    await session.print(databaseRecord(database, session.io.now()));
    if (!flags.wait) session.note(`Accepted. To follow: 'ocpctl app db get ${id}'.`);
  }
}
