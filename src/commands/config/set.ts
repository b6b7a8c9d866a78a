import { BaseCommand } from '../../cli/base-command.ts';
import { changeConfig, configDirectory } from '../../cli/config/context-file.ts';
import { assertSetting, parseSettingName } from '../../cli/config/settings.ts';
import { requiredArgument } from '../../cli/flags/shared-flags.ts';
import { settingList } from '../../render/settings.ts';

export default class ConfigSet extends BaseCommand {
  static override summary = 'Set a value in the configuration file';
  static override examples = [
    '<%= config.bin %> config set output wide',
    '<%= config.bin %> config set timeout 1m',
  ];
  static override args = {
    key: requiredArgument('Name of the setting'),
    value: requiredArgument('New value'),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ConfigSet);
    const session = await this.open(flags);
    const name = parseSettingName(args.key);
    assertSetting(name, args.value);
    await changeConfig(configDirectory(session.io.env), (file) => ({
      ...file,
      settings: { ...file.settings, [name]: args.value },
    }));
    session.noteChange();
    await session.print(settingList([{ name, value: args.value, source: 'file' }]));
  }
}
