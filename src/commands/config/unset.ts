import { BaseCommand } from '../../cli/base-command.ts';
import { changeConfig, configDirectory, readContexts } from '../../cli/config/context-file.ts';
import { parseSettingName, settingValues } from '../../cli/config/settings.ts';
import { requiredArgument } from '../../cli/flags/shared-flags.ts';
import { settingList } from '../../render/settings.ts';

export default class ConfigUnset extends BaseCommand {
  static override summary = 'Remove a value from the configuration file';
  static override description =
    'Then the environment variable or the default applies; the table shows which.';
  static override examples = ['<%= config.bin %> config unset output'];
  static override args = { key: requiredArgument('Name of the setting') };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ConfigUnset);
    const session = await this.open(flags);
    const name = parseSettingName(args.key);
    const directory = configDirectory(session.io.env);
    await changeConfig(directory, (file) => ({
      ...file,
      settings: Object.fromEntries(Object.entries(file.settings).filter(([key]) => key !== name)),
    }));
    session.noteChange();
    const values = settingValues({}, session.io.env, await readContexts(directory));
    await session.print(settingList(values.filter((setting) => setting.name === name)));
  }
}
