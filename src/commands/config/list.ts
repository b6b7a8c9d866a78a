import { BaseCommand } from '../../cli/base-command.ts';
import { settingValues } from '../../cli/config/settings.ts';
import { settingList } from '../../render/settings.ts';

export default class ConfigList extends BaseCommand {
  static override summary = 'List all settings and their sources';
  static override examples = ['<%= config.bin %> config list'];

  async run(): Promise<void> {
    const { flags } = await this.parse(ConfigList);
    const session = await this.open(flags);
    await session.print(settingList(settingValues({}, session.io.env, session.file)));
  }
}
