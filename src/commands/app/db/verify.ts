import { awaitBackupJob, resolveBackup } from '../../../cli/apps/backups.ts';
import { DATABASE_LOCATION_FLAGS } from '../../../cli/apps/databases.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { durationMs } from '../../../cli/flags/flag-values.ts';
import {
  IDEMPOTENCY_KEY_FLAG,
  requiredArgument,
  WAIT_TIMEOUT_FLAG,
  waitFlag,
} from '../../../cli/flags/shared-flags.ts';
import { sendOnce } from '../../../cli/send-once.ts';
import { databaseBackupRecord } from '../../../render/app-backup.ts';

export default class AppDbVerify extends BaseCommand {
  static override summary = 'Prove a backup: restore it into a server of its own and compare its rows';
  static override description =
    'The server is removed afterwards. Every database has such a drill once a week unless the server is set otherwise.';
  static override examples = ['<%= config.bin %> app db verify main'];
  static override waits = true;
  static override args = { backup: requiredArgument('Id of the backup, or a database: its newest one') };
  static override flags = {
    ...waitFlag('it is proven'),
    ...DATABASE_LOCATION_FLAGS,
    ...IDEMPOTENCY_KEY_FLAG,
    ...WAIT_TIMEOUT_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppDbVerify);
    const session = await this.open(flags);
    const timeoutMs = durationMs('timeout', flags.timeout);
    const { id, database } = await resolveBackup(session.client, args.backup, flags);
    const { data } = await sendOnce({ flags, check: `ocpctl app db backups ${database.name}` }, (key) =>
      session.client.POST('/v1/app/backups/{id}/verify', {
        params: { path: { id }, header: { 'idempotency-key': key } },
      }),
    );
    const backup = flags.wait ? await awaitBackupJob(session, data, timeoutMs) : data.backup;
    await session.print(databaseBackupRecord(backup, session.io.now()));
    if (!flags.wait) session.note(`Accepted. To follow: 'ocpctl app db backups ${database.name}'.`);
  }
}
