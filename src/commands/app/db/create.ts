import { boolean, integer, string } from '@oclif/core/flags';
import { awaitDatabaseJob } from '../../../cli/apps/databases.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { durationMs, omitUndefined } from '../../../cli/flags/flag-values.ts';
import {
  IDEMPOTENCY_KEY_FLAG,
  requiredArgument,
  WAIT_TIMEOUT_FLAG,
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
  ];
  static override waits = true;
  static override args = { name: requiredArgument('Name of the database') };
  static override flags = {
    env: string({ char: 'e', description: 'Environment (default: default)', helpValue: 'NAME' }),
    team: string({ description: 'Team (default: yours)', helpValue: 'TEAM' }),
    engine: string({ description: 'What it runs on', options: ['postgres'], default: 'postgres' }),
    memory: integer({
      description: 'Memory of the server (default: 256)',
      helpValue: 'MIB',
      min: 128,
      max: 65_536,
    }),
    connections: integer({
      description: 'Connections at a time; more are refused (default: 20)',
      helpValue: 'N',
      min: 1,
      max: 500,
    }),
    wait: boolean({ description: 'Wait until it is AVAILABLE', default: true, allowNo: true }),
    ...IDEMPOTENCY_KEY_FLAG,
    ...WAIT_TIMEOUT_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppDbCreate);
    const session = await this.open(flags);
    const timeoutMs = durationMs('timeout', flags.timeout);
    const { env: environment, team, memory: memoryMb, connections: connectionLimit } = flags;
    const { data } = await sendOnce({ flags, check: 'ocpctl app db list' }, (key) =>
      session.client.POST('/v1/app/databases', {
        params: { header: { 'idempotency-key': key } },
        body: {
          ...{ name: args.name, engine: 'postgres' },
          ...omitUndefined({ environment, team, memoryMb, connectionLimit }),
        },
      }),
    );
    const database = flags.wait ? await awaitDatabaseJob(session, data, timeoutMs) : data.database;
    await session.print(databaseRecord(database, session.io.now()));
    if (!flags.wait) session.note(`Accepted. To follow: 'ocpctl app db get ${database.id}'.`);
  }
}
