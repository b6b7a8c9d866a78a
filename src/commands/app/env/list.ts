import { boolean, string } from '@oclif/core/flags';
import { fetchEnvironments } from '../../../cli/apps/resolve-service.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { environmentList } from '../../../render/app-environment.ts';

export default class AppEnvList extends BaseCommand {
  static override summary = 'List environments, newest first';
  static override aliases = ['app:env:ls'];
  static override examples = ['<%= config.bin %> app env list'];
  static override flags = {
    team: string({ description: 'Only environments of this team', helpValue: 'TEAM' }),
    all: boolean({ description: 'Also destroyed ones' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(AppEnvList);
    const session = await this.open(flags);
    const filter = { team: flags.team, destroyed: flags.all || undefined };
    const environments = await fetchEnvironments(session.client, filter);
    await session.print(environmentList(environments, session.io.now()));
  }
}
