import { string } from '@oclif/core/flags';
import {
  awaitDatabaseJob,
  BACKUP_FLAGS,
  backupSchedule,
  databaseCommand,
} from '../../../cli/apps/databases.ts';
import { existingDatabase } from '../../../cli/apps/existing-database.ts';
import { createUnlessTaken, ifNotExistsFlag } from '../../../cli/apps/if-not-exists.ts';
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

export default class AppDbCreate extends BaseCommand {
  static override summary = 'Create a database for the services of an environment';
  static override description =
    'Services get its URL with the variable $' + '{db.NAME.URL}. Its data outlives services and deploys.';
  static override examples = [
    '<%= config.bin %> app db create main',
    '<%= config.bin %> app db create main --env staging --connections 50',
    '<%= config.bin %> app db create main --if-not-exists',
  ];
  static override waits = true;
  static override args = { name: requiredArgument('Name of the database') };
  static override flags = {
    env: string({ char: 'e', description: 'Environment (default: default)', helpValue: 'NAME' }),
    team: string({ description: 'Team (default: yours)', helpValue: 'TEAM' }),
    engine: string({
      description: 'Engine: postgres (default: postgres)',
      helpValue: 'ENGINE',
      options: ['postgres'],
      default: 'postgres',
    }),
    memory: numberFlag({
      description: 'Memory of the server in MiB, 128 to 65536 (default: 256)',
      helpValue: 'MIB',
      min: 128,
      max: 65_536,
    }),
    connections: numberFlag({
      description: 'Connections at a time, 1 to 500; more are refused (default: 20)',
      helpValue: 'N',
      min: 1,
      max: 500,
    }),
    ...BACKUP_FLAGS,
    ...waitFlag('it is AVAILABLE'),
    ...ifNotExistsFlag('database'),
    ...IDEMPOTENCY_KEY_FLAG,
    ...WAIT_TIMEOUT_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppDbCreate);
    const session = await this.open(flags);
    const timeoutMs = durationMs('timeout', flags.timeout);
    const { env: environment, team, memory: memoryMb, connections: connectionLimit } = flags;
    const backup = backupSchedule(flags);
    const created = await createUnlessTaken(flags, () =>
      sendOnce({ flags, check: 'ocpctl app db list' }, (key) =>
        session.client.POST('/v1/app/databases', {
          params: { header: { 'idempotency-key': key } },
          body: {
            ...{ name: args.name, engine: 'postgres' },
            ...omitUndefined({ environment, team, memoryMb, connectionLimit, backup }),
          },
        }),
      ),
    );
    if (created === undefined) {
      const existing = await existingDatabase(session, args.name, flags, timeoutMs);
      await session.print(databaseRecord(existing, session.io.now()));
      return session.note(`Database ${args.name} exists already; nothing was changed.`);
    }
    const { data } = created;
    const database = flags.wait ? await awaitDatabaseJob(session, data, timeoutMs) : data.database;
    await session.print(databaseRecord(database, session.io.now()));
    if (!flags.wait) session.note(`Accepted. To follow: '${databaseCommand(database)}'.`);
  }
}
