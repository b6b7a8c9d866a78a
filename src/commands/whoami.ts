import { BaseCommand } from '../cli/base-command.ts';
import { identityRecord } from '../render/identity.ts';

export default class Whoami extends BaseCommand {
  static override summary = 'Show the authenticated principal and its grants';
  static override examples = ['<%= config.bin %> whoami', '<%= config.bin %> whoami -o value=principal'];

  async run(): Promise<void> {
    const { flags } = await this.parse(Whoami);
    const session = await this.open(flags);
    const { data } = await session.client.GET('/v1/whoami');
    await session.print(identityRecord(data, session.connection));
  }
}
