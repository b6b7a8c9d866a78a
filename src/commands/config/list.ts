import { BaseCommand } from '../../cli/base-command.ts';
import { configValues } from '../../cli/config/config-values.ts';
import { settingList } from '../../render/settings.ts';

export default class ConfigList extends BaseCommand {
  static override description = 'List all settings and where each comes from';
  static override examples = ['<%= config.bin %> config list'];

  async run(): Promise<void> {
    const { flags } = await this.parse(ConfigList);
    const session = await this.open(flags);
    await session.print(settingList(configValues(session)));
  }
}
