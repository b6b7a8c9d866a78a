import { string } from '@oclif/core/flags';
import { fetchVolumes } from '../../../cli/apps/volumes.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { volumeList } from '../../../render/app-volume.ts';

export default class AppVolumeList extends BaseCommand {
  static override summary = 'List volumes with the services that have them, newest first';
  static override aliases = ['app:volume:ls'];
  static override examples = ['<%= config.bin %> app volume list'];
  static override flags = {
    env: string({ char: 'e', description: 'Only volumes of this environment', helpValue: 'NAME' }),
    team: string({ description: 'Only volumes of this team', helpValue: 'TEAM' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(AppVolumeList);
    const session = await this.open(flags);
    const volumes = await fetchVolumes(session.client, { environment: flags.env, team: flags.team });
    await session.print(volumeList(volumes, session.io.now()));
  }
}
