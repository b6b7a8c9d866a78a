import { DATABASE_LOCATION_FLAGS, databaseArgument, resolveDatabase } from '../../../cli/apps/databases.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { databaseUrlRecord } from '../../../render/app-database.ts';

export default class AppDbUrl extends BaseCommand {
  static override summary = 'Print the URL of a database with its password; the access is audited';
  static override examples = [
    '<%= config.bin %> app db url main',
    'psql "$(<%= config.bin %> app db url main)"',
  ];
  static override args = { database: databaseArgument() };
  static override flags = { ...DATABASE_LOCATION_FLAGS };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppDbUrl);
    const session = await this.open(flags);
    const { id, name } = await resolveDatabase(session.client, args.database, flags);
    const { data } = await session.client.POST('/v1/app/databases/{id}/url', { params: { path: { id } } });
    await session.printText(`${data.url}\n`, databaseUrlRecord(name, data.url));
  }
}
