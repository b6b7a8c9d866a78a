import { BaseCommand } from '../cli/base-command.ts';
import { versionRecord } from '../render/server.ts';

export default class Version extends BaseCommand {
  static override summary = 'Show the version of ocpctl';
  static override examples = ['<%= config.bin %> version', '<%= config.bin %> version -o value=version'];

  async run(): Promise<void> {
    const { flags } = await this.parse(Version);
    const session = await this.open(flags);
    const { version, arch, platform } = this.config;
    await session.print(versionRecord({ version, node: process.version, platform: `${platform}-${arch}` }));
  }
}
