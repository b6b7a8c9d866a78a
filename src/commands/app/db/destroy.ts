import { string } from '@oclif/core/flags';
import {
  awaitDatabaseJob,
  DATABASE_LOCATION_FLAGS,
  databaseArgument,
  resolveDatabase,
} from '../../../cli/apps/databases.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { durationMs } from '../../../cli/flags/flag-values.ts';
import { IDEMPOTENCY_KEY_FLAG, WAIT_TIMEOUT_FLAG, waitFlag } from '../../../cli/flags/shared-flags.ts';
import { confirmNames } from '../../../cli/output/prompt.ts';
import { sendOnce } from '../../../cli/send-once.ts';
import { databaseRecord } from '../../../render/app-database.ts';

export default class AppDbDestroy extends BaseCommand {
  static override summary = 'Destroy a database with its data';
  static override description = 'The name has to be typed, or given with --confirm.';
  static override examples = [
    '<%= config.bin %> app db destroy main',
    '<%= config.bin %> app db destroy main --confirm main',
  ];
  static override hiddenAliases = ['app:db:delete', 'app:db:rm'];
  static override waits = true;
  static override args = { database: databaseArgument() };
  static override flags = {
    confirm: string({ description: 'Confirm by name instead of the prompt', helpValue: 'NAME' }),
    reason: string({ description: 'Reason, recorded in the audit log', helpValue: 'TEXT' }),
    ...waitFlag('it is DESTROYED'),
    ...DATABASE_LOCATION_FLAGS,
    ...IDEMPOTENCY_KEY_FLAG,
    ...WAIT_TIMEOUT_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppDbDestroy);
    const session = await this.open(flags);
    const timeoutMs = durationMs('timeout', flags.timeout);
    const { id, name, environment, status } = await resolveDatabase(session.client, args.database, flags);
    await confirmNames(session.io, session.promptPolicy, {
      names: [name],
      about: [`database ${name} in environment ${environment.name}: ${status}; its data cannot be restored`],
      action: 'destroy',
      isNameRequired: true,
      confirm: flags.confirm === undefined ? [] : [flags.confirm],
    });
    const { data } = await sendOnce({ flags, check: `ocpctl app db get ${id}` }, (key) =>
      session.client.POST('/v1/app/databases/{id}/destroy', {
        params: { path: { id }, header: { 'idempotency-key': key } },
        body: { confirm: name, ...(flags.reason === undefined ? {} : { reason: flags.reason }) },
      }),
    );
    const database = flags.wait ? await awaitDatabaseJob(session, data, timeoutMs) : data.database;
    await session.print(databaseRecord(database, session.io.now()));
  }
}
