import { DATABASE_LOCATION_FLAGS, databaseArgument, resolveDatabase } from '../../../cli/apps/databases.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { databaseRecord } from '../../../render/app-database.ts';

export default class AppDbGet extends BaseCommand {
  static override summary = 'Show a database, with its connections in use and their limit';
  static override examples = ['<%= config.bin %> app db get main'];
  static override args = { database: databaseArgument() };
  static override flags = { ...DATABASE_LOCATION_FLAGS };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppDbGet);
    const session = await this.open(flags);
    const database = await resolveDatabase(session.client, args.database, flags);
    await session.print(databaseRecord(database, session.io.now()));
  }
}
