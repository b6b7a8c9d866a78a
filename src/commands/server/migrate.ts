import { string } from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.ts';
import { mapSetupErrors } from '../../cli/server/map-setup-errors.ts';
import { migrationsRecord } from '../../render/server.ts';

export default class ServerMigrate extends BaseCommand {
  static override summary = 'Migrate the database to this version';
  static override description =
    'Connect as the owner of the PostgreSQL database in DATABASE_URL. Servers can then connect as a role that does not own the schema.';
  static override examples = [
    'DATABASE_URL=postgres://ocpctl_owner@127.0.0.1/ocpctl <%= config.bin %> server migrate --app-role ocpctl_app',
  ];
  static override flags = {
    'app-role': string({
      description: 'Database role of the servers; it is granted the privileges that they need',
      helpValue: 'ROLE',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(ServerMigrate);
    const session = await this.open(flags);
    const { migrateDatabase } = await import('../../control-plane/index.ts');
    const applied = await mapSetupErrors(() =>
      migrateDatabase({
        databaseUrl: session.io.env['DATABASE_URL'],
        applicationRole: flags['app-role'],
      }),
    );
    session.noteChange();
    await session.print(migrationsRecord(applied));
  }
}
