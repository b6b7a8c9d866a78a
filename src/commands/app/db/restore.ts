import { string } from '@oclif/core/flags';
import { resolveBackup } from '../../../cli/apps/backups.ts';
import { awaitDatabaseJob, DATABASE_LOCATION_FLAGS, databaseCommand } from '../../../cli/apps/databases.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { durationMs, omitUndefined } from '../../../cli/flags/flag-values.ts';
import { numberFlag } from '../../../cli/flags/number-flag.ts';
import {
  IDEMPOTENCY_KEY_FLAG,
  requiredArgument,
  WAIT_TIMEOUT_FLAG,
  waitFlag,
} from '../../../cli/flags/shared-flags.ts';
import { sendOnce } from '../../../cli/send-once.ts';
import { databaseRecord } from '../../../render/app-database.ts';

export default class AppDbRestore extends BaseCommand {
  static override summary = 'Restore a backup into a new database';
  static override description =
    'The backup is read as a whole first: nothing is made from one that was changed. The database that was dumped is not touched.';
  static override examples = [
    '<%= config.bin %> app db restore bkp_01m3qkz4v7e8r9t0y1w2x3y4z5 --name main-restored',
    '<%= config.bin %> app db restore main --name main-restored',
  ];
  static override waits = true;
  static override args = { backup: requiredArgument('Id of the backup, or a database: its newest one') };
  static override flags = {
    name: string({ description: 'Name of the new database (required)', helpValue: 'NAME', required: true }),
    into: string({
      description: 'Environment of the new database (default: that of the backup)',
      helpValue: 'NAME',
    }),
    memory: numberFlag({
      description: 'Memory of the server in MiB, 128 to 65536 (default: as of the database that was dumped)',
      helpValue: 'MIB',
      min: 128,
      max: 65_536,
    }),
    ...waitFlag('it is AVAILABLE'),
    ...DATABASE_LOCATION_FLAGS,
    ...IDEMPOTENCY_KEY_FLAG,
    ...WAIT_TIMEOUT_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppDbRestore);
    const session = await this.open(flags);
    const timeoutMs = durationMs('timeout', flags.timeout);
    const { id } = await resolveBackup(session.client, args.backup, flags);
    const { data } = await sendOnce({ flags, check: 'ocpctl app db list' }, (key) =>
      session.client.POST('/v1/app/backups/{id}/restore', {
        params: { path: { id }, header: { 'idempotency-key': key } },
        body: { name: flags.name, ...omitUndefined({ environment: flags.into, memoryMb: flags.memory }) },
      }),
    );
    const database = flags.wait ? await awaitDatabaseJob(session, data, timeoutMs) : data.database;
    await session.print(databaseRecord(database, session.io.now()));
    if (!flags.wait) session.note(`Accepted. To follow: '${databaseCommand(database)}'.`);
  }
}
