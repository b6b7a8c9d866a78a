import { string } from '@oclif/core/flags';
import { fetchAccessSessions } from '../../../cli/admin/access.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { sessionList } from '../../../render/access-session.ts';

export default class AdminSessionsList extends BaseCommand {
  static override description = 'List who is signed in with AWS credentials now';
  static override examples = [
    '<%= config.bin %> admin sessions list',
    '<%= config.bin %> admin sessions list --principal role:111122223333:ci',
  ];
  static override flags = { principal: string({ description: 'only of this principal' }) };

  async run(): Promise<void> {
    const { flags } = await this.parse(AdminSessionsList);
    const session = await this.open(flags);
    await session.print(
      sessionList(await fetchAccessSessions(session.client, flags.principal), session.io.now()),
    );
  }
}
