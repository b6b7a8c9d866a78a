import { BaseCommand } from '../../cli/base-command.ts';
import { currentContextName } from '../../cli/config/connection.ts';
import { contextRow } from '../../cli/config/context-row.ts';
import { contextList } from '../../render/settings.ts';

export default class ContextList extends BaseCommand {
  static override summary = 'List contexts';
  static override examples = ['<%= config.bin %> context list'];

  async run(): Promise<void> {
    const { flags } = await this.parse(ContextList);
    const session = await this.open(flags);
    const current = currentContextName(flags, session.io.env, session.file);
    const contexts = Object.entries(session.file.contexts).sort(([a], [b]) => a.localeCompare(b, 'en'));
    await session.print(contextList(contexts.map(([name, context]) => contextRow(name, context, current))));
  }
}
