import { string } from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.ts';
import { mapSetupErrors } from '../../cli/server/map-setup-errors.ts';
import { migrationsRecord } from '../../render/migrations.ts';

export default class ServerMigrate extends BaseCommand {
  static override description =
    'Bring the PostgreSQL of DATABASE_URL up to this version, as its owner, so that servers can run as a role that owns nothing';
  static override examples = [
    'DATABASE_URL=postgres://ocpctl_owner@127.0.0.1/ocpctl <%= config.bin %> server migrate --app-role ocpctl_app',
  ];
  static override flags = {
    'app-role': string({
      description: 'the role that servers use; gets the rights they need',
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
    await session.print(migrationsRecord(applied));
  }
}
