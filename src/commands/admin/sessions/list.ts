import { string } from '@oclif/core/flags';
import { fetchAccessSessions } from '../../../cli/admin/access.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { sessionList } from '../../../render/access-session.ts';

export default class AdminSessionsList extends BaseCommand {
  static override summary = 'List active sessions of AWS principals';
  static override examples = [
    '<%= config.bin %> admin sessions list',
    '<%= config.bin %> admin sessions list --principal role:111122223333:ci',
  ];
  static override flags = {
    principal: string({ description: 'Filter by principal', helpValue: 'PRINCIPAL' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(AdminSessionsList);
    const session = await this.open(flags);
    await session.print(
      sessionList(await fetchAccessSessions(session.client, flags.principal), session.io.now()),
    );
  }
}
