import { BaseCommand } from '../../cli/base-command.ts';
import { parseSettingName, settingValues } from '../../cli/config/settings.ts';
import { requiredArgument } from '../../cli/flags/shared-flags.ts';
import { settingList } from '../../render/settings.ts';

export default class ConfigGet extends BaseCommand {
  static override summary = 'Show a setting';
  static override examples = [
    '<%= config.bin %> config get output',
    '<%= config.bin %> config get timeout -o value=value',
  ];
  static override args = { key: requiredArgument('Name of the setting') };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ConfigGet);
    const session = await this.open(flags);
    const name = parseSettingName(args.key);
    await session.print(
      settingList(settingValues({}, session.io.env, session.file).filter((setting) => setting.name === name)),
    );
  }
}
