import {
  BACKUP_FLAGS,
  backupSchedule,
  DATABASE_LOCATION_FLAGS,
  databaseArgument,
  resolveDatabase,
} from '../../../cli/apps/databases.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { UsageError } from '../../../cli/errors/cli-error.ts';
import { IDEMPOTENCY_KEY_FLAG } from '../../../cli/flags/shared-flags.ts';
import { sendOnce } from '../../../cli/send-once.ts';
import { databaseRecord } from '../../../render/app-database.ts';

export default class AppDbSchedule extends BaseCommand {
  static override summary = 'Change when backups of a database are made';
  static override examples = [
    '<%= config.bin %> app db schedule main --backup weekly',
    '<%= config.bin %> app db schedule main --backup-at 23:30',
  ];
  static override args = { database: databaseArgument() };
  static override flags = { ...BACKUP_FLAGS, ...DATABASE_LOCATION_FLAGS, ...IDEMPOTENCY_KEY_FLAG };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppDbSchedule);
    const body = backupSchedule(flags);
    if (body === undefined) throw new UsageError('nothing to change: pass --backup or --backup-at');
    const session = await this.open(flags);
    const { id } = await resolveDatabase(session.client, args.database, flags);
    const { data } = await sendOnce({ flags, check: `ocpctl app db get ${id}` }, (key) =>
      session.client.POST('/v1/app/databases/{id}/backup-schedule', {
        params: { path: { id }, header: { 'idempotency-key': key } },
        body,
      }),
    );
    await session.print(databaseRecord(data.database, session.io.now()));
  }
}
