import { BaseCommand } from '../../cli/base-command.ts';
import { changeConfig, configDirectory } from '../../cli/config/context-file.ts';
import { contextRow, requireContext } from '../../cli/config/context-row.ts';
import { requiredArgument } from '../../cli/flags/shared-flags.ts';
import { contextList } from '../../render/settings.ts';

export default class ContextUse extends BaseCommand {
  static override summary = 'Set the current context';
  static override examples = ['<%= config.bin %> context use work'];
  static override args = { name: requiredArgument('Name of the context') };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ContextUse);
    const session = await this.open(flags);
    await changeConfig(configDirectory(session.io.env), (file) => {
      requireContext(file, args.name);
      return { ...file, currentContext: args.name };
    });
    session.noteChange();
    await session.print(
      contextList([contextRow(args.name, requireContext(session.file, args.name), args.name)]),
    );
  }
}
