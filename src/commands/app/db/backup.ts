import { awaitBackupJob } from '../../../cli/apps/backups.ts';
import { DATABASE_LOCATION_FLAGS, databaseArgument, resolveDatabase } from '../../../cli/apps/databases.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { durationMs } from '../../../cli/flags/flag-values.ts';
import { IDEMPOTENCY_KEY_FLAG, WAIT_TIMEOUT_FLAG, waitFlag } from '../../../cli/flags/shared-flags.ts';
import { sendOnce } from '../../../cli/send-once.ts';
import { databaseBackupRecord } from '../../../render/app-backup.ts';

export default class AppDbBackup extends BaseCommand {
  static override summary = 'Make a backup of a database now';
  static override description =
    'It is AVAILABLE after it was stored, encrypted, and read back. It is kept for 30 days unless the server is set otherwise.';
  static override examples = ['<%= config.bin %> app db backup main'];
  static override waits = true;
  static override args = { database: databaseArgument() };
  static override flags = {
    ...waitFlag('it is AVAILABLE'),
    ...DATABASE_LOCATION_FLAGS,
    ...IDEMPOTENCY_KEY_FLAG,
    ...WAIT_TIMEOUT_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppDbBackup);
    const session = await this.open(flags);
    const timeoutMs = durationMs('timeout', flags.timeout);
    const { id, name } = await resolveDatabase(session.client, args.database, flags);
    const { data } = await sendOnce({ flags, check: `ocpctl app db backups ${name}` }, (key) =>
      session.client.POST('/v1/app/databases/{id}/backups', {
        params: { path: { id }, header: { 'idempotency-key': key } },
      }),
    );
    const backup = flags.wait ? await awaitBackupJob(session, data, timeoutMs) : data.backup;
    await session.print(databaseBackupRecord(backup, session.io.now()));
    if (!flags.wait) session.note(`Accepted. To follow: 'ocpctl app db backups ${name}'.`);
  }
}
