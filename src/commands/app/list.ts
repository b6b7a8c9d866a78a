import { string } from '@oclif/core/flags';
import { fetchServices } from '../../cli/apps/resolve-service.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { serviceList } from '../../render/app.ts';

export default class AppList extends BaseCommand {
  static override summary = 'List services, newest first';
  static override aliases = ['app:ls'];
  static override examples = [
    '<%= config.bin %> app list',
    '<%= config.bin %> app list --env staging -o wide',
  ];
  static override flags = {
    env: string({ char: 'e', description: 'Only services of this environment', helpValue: 'NAME' }),
    team: string({ description: 'Only services of this team', helpValue: 'TEAM' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(AppList);
    const session = await this.open(flags);
    const services = await fetchServices(session.client, { environment: flags.env, team: flags.team });
    await session.print(serviceList(services, session.io.now()));
  }
}
