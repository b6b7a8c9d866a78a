import { BaseCommand } from '../../cli/base-command.ts';
import { parseSettingName, settingValues } from '../../cli/config/settings.ts';
import { requiredArgument } from '../../cli/flags/shared-flags.ts';
import { settingList } from '../../render/settings.ts';

export default class ConfigGet extends BaseCommand {
  static override summary = 'Print the value of a setting';
  static override description = "'ocpctl config list' shows where each value comes from.";
  static override examples = [
    '<%= config.bin %> config get output',
    '<%= config.bin %> config get timeout --json',
  ];
  static override args = { key: requiredArgument('Name of the setting') };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ConfigGet);
    const session = await this.open(flags);
    const name = parseSettingName(args.key);
    const found = settingValues({}, session.io.env, session.file).filter((setting) => setting.name === name);
    if (session.machineOutput) return session.print(settingList(found));
    return session.printText(found.map(({ value }) => `${value}\n`).join(''), settingList(found));
  }
}
