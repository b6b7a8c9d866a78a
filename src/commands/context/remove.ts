import { boolean } from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.ts';
import { changeConfig, configDirectory } from '../../cli/config/context-file.ts';
import { contextRow, requireContext } from '../../cli/config/context-row.ts';
import { confirmLossOfKey } from '../../cli/config/only-copy.ts';
import { requiredArgument } from '../../cli/flags/shared-flags.ts';
import { contextList } from '../../render/settings.ts';

export default class ContextRemove extends BaseCommand {
  static override summary = 'Remove a context from this machine';
  static override description =
    'Deletes its keys from the configuration file. They stay valid on the server until an admin revokes them. The only copy of a secret key is removed only when that is confirmed, or with --yes.';
  static override examples = ['<%= config.bin %> context remove work'];
  static override args = { name: requiredArgument('Name of the context') };

  static override flags = {
    yes: boolean({ char: 'y', description: 'Remove also the only copy of a secret key without asking' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ContextRemove);
    const session = await this.open(flags);
    requireContext(session.file, args.name);
    await confirmLossOfKey(session, args.name, { yes: flags.yes });
    const removed = contextRow(args.name, requireContext(session.file, args.name), undefined);
    await changeConfig(configDirectory(session.io.env), ({ currentContext, contexts, settings }) => ({
      ...(currentContext === undefined || currentContext === args.name ? {} : { currentContext }),
      contexts: Object.fromEntries(Object.entries(contexts).filter(([name]) => name !== args.name)),
      settings,
    }));
    session.noteChange();
    await session.print(contextList([removed]));
    session.note(`Removed context ${args.name}. Its keys are still valid on the server.`);
  }
}
