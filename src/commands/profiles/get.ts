import { BaseCommand } from '../../cli/base-command.ts';
import { requiredArgument } from '../../cli/flags/shared-flags.ts';
import { profileRecord } from '../../render/profile.ts';

export default class ProfilesGet extends BaseCommand {
  static override summary = 'Show details of a profile';
  static override examples = ['<%= config.bin %> profiles get aws-minimal-test'];
  static override args = { profile: requiredArgument('Name of the profile') };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ProfilesGet);
    const session = await this.open(flags);
    const { data } = await session.client.GET('/v1/profiles/{name}', {
      params: { path: { name: args.profile } },
    });
    await session.print(profileRecord(data));
  }
}
