import { boolean, string } from '@oclif/core/flags';
import { fetchBackups } from '../../../cli/apps/backups.ts';
import {
  awaitDatabaseJob,
  DATABASE_LOCATION_FLAGS,
  databaseArgument,
  resolveDatabase,
} from '../../../cli/apps/databases.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { durationMs, omitUndefined } from '../../../cli/flags/flag-values.ts';
import { IDEMPOTENCY_KEY_FLAG, WAIT_TIMEOUT_FLAG, waitFlag } from '../../../cli/flags/shared-flags.ts';
import { confirmNames } from '../../../cli/output/prompt.ts';
import { sendOnce } from '../../../cli/send-once.ts';
import type { Session } from '../../../cli/session.ts';
import { databaseRecord } from '../../../render/app-database.ts';
import { countText } from '../../../render/format.ts';

export default class AppDbDestroy extends BaseCommand {
  static override summary = 'Destroy a database with its data';
  static override description =
    'The name has to be typed, or given with --confirm. Its backups are destroyed with it, unless --keep-backups is given.';
  static override examples = [
    '<%= config.bin %> app db destroy main',
    '<%= config.bin %> app db destroy main --confirm main',
    '<%= config.bin %> app db destroy main --keep-backups',
  ];
  static override hiddenAliases = ['app:db:delete', 'app:db:rm'];
  static override waits = true;
  static override args = { database: databaseArgument() };
  static override flags = {
    confirm: string({ description: 'Confirm by name instead of the prompt', helpValue: 'NAME' }),
    'keep-backups': boolean({
      description: 'Keep its backups for the days that the server is set to (default: 30)',
    }),
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
      about: [
        `database ${name} in environment ${environment.name}: ${status}; ${await fateOf(session, id, flags['keep-backups'])}`,
      ],
      action: 'destroy',
      isNameRequired: true,
      confirm: flags.confirm === undefined ? [] : [flags.confirm],
    });
    const { data } = await sendOnce({ flags, check: `ocpctl app db get ${id}` }, (key) =>
      session.client.POST('/v1/app/databases/{id}/destroy', {
        params: { path: { id }, header: { 'idempotency-key': key } },
        body: {
          confirm: name,
          ...omitUndefined({ keepBackups: flags['keep-backups'] || undefined, reason: flags.reason }),
        },
      }),
    );
    const database = flags.wait ? await awaitDatabaseJob(session, data, timeoutMs) : data.database;
    await session.print(databaseRecord(database, session.io.now()));
  }
}

/** What becomes of the data, before it happens. */
async function fateOf({ client }: Session, databaseId: string, kept: boolean): Promise<string> {
  const backups = await fetchBackups(client, { databaseId });
  const available = backups.filter(({ status }) => status === 'AVAILABLE').length;
  if (kept) return `its data is destroyed, ${countText(available, 'backup')} can be restored for some days`;
  const backed = available === 0 ? '' : ` and its ${countText(available, 'backup')}`;
  return `its data${backed} cannot be restored`;
}
