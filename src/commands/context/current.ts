import { BaseCommand } from '../../cli/base-command.ts';
import { currentContextName } from '../../cli/config/connection.ts';
import { contextRow, requireContext } from '../../cli/config/context-row.ts';
import { CliError } from '../../cli/errors/cli-error.ts';
import { EXIT } from '../../cli/errors/exit-codes.ts';
import { contextList } from '../../render/settings.ts';

export default class ContextCurrent extends BaseCommand {
  static override summary = 'Print the name of the context in use';
  static override description =
    'That is the one of --context, OCPCTL_CONTEXT or the configuration file. Exits with code 3 if there is none.';
  static override examples = [
    '<%= config.bin %> context current',
    '<%= config.bin %> context current -o wide',
  ];

  async run(): Promise<void> {
    const { flags } = await this.parse(ContextCurrent);
    const session = await this.open(flags);
    const name = currentContextName(flags, session.io.env, session.file);
    if (name === undefined)
      throw new CliError('NOT_FOUND', 'there is no current context', {
        exitCode: EXIT.notFound,
        hint: "choose one with 'ocpctl context use NAME', or add one with 'ocpctl context add'",
      });
    const row = contextRow(name, requireContext(session.file, name), name);
    if (session.format.kind === 'table') return session.printText(`${name}\n`, contextList([row]));
    return session.print(contextList([row]));
  }
}
