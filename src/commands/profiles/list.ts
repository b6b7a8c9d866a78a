import { BaseCommand } from '../../cli/base-command.ts';
import { profileList } from '../../render/profile.ts';

export default class ProfilesList extends BaseCommand {
  static override summary = 'List cluster profiles';
  static override examples = ['<%= config.bin %> profiles list'];

  async run(): Promise<void> {
    const { flags } = await this.parse(ProfilesList);
    const session = await this.open(flags);
    const { data } = await session.client.GET('/v1/profiles');
    await session.print(profileList(data.items));
  }
}
