import { string as stringArgument } from '@oclif/core/args';
import { string } from '@oclif/core/flags';
import { fetchBackups } from '../../../cli/apps/backups.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { backupList } from '../../../render/app-backup.ts';

export default class AppDbBackups extends BaseCommand {
  static override summary = 'List backups of databases, newest first, and when each was last proven';
  static override description =
    'A backup is proven by restoring it and comparing its rows with what was dumped. Kept backups of destroyed databases are listed as well.';
  static override examples = ['<%= config.bin %> app db backups', '<%= config.bin %> app db backups main'];
  static override args = {
    database: stringArgument({ description: 'Only of databases of this name or id', ignoreStdin: true }),
  };
  static override flags = {
    env: string({ char: 'e', description: 'Only of databases of this environment', helpValue: 'NAME' }),
    team: string({ description: 'Only of databases of this team', helpValue: 'TEAM' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppDbBackups);
    const session = await this.open(flags);
    const { database } = args;
    const { env: environment, team } = flags;
    const of = database?.startsWith('dbs_') ? { databaseId: database } : { database };
    const backups = await fetchBackups(session.client, { ...of, environment, team });
    await session.print(backupList(backups, session.io.now()));
  }
}
