import { string } from '@oclif/core/flags';
import { fetchDatabases } from '../../../cli/apps/databases.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { databaseList } from '../../../render/app-database.ts';

export default class AppDbList extends BaseCommand {
  static override summary = 'List databases, newest first';
  static override aliases = ['app:db:ls'];
  static override examples = ['<%= config.bin %> app db list'];
  static override flags = {
    env: string({ char: 'e', description: 'Only databases of this environment', helpValue: 'NAME' }),
    team: string({ description: 'Only databases of this team', helpValue: 'TEAM' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(AppDbList);
    const session = await this.open(flags);
    const databases = await fetchDatabases(session.client, { environment: flags.env, team: flags.team });
    await session.print(databaseList(databases, session.io.now()));
  }
}
