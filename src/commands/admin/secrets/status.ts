import { BaseCommand } from '../../../cli/base-command.ts';
import { secretKeyList } from '../../../render/keys.ts';

export default class AdminSecretsStatus extends BaseCommand {
  static override summary = 'Show the encryption keys and how many secrets use each';
  static override examples = ['<%= config.bin %> admin secrets status'];

  async run(): Promise<void> {
    const { flags } = await this.parse(AdminSecretsStatus);
    const session = await this.open(flags);
    const { data } = await session.client.GET('/v1/admin/secrets');
    await session.print(secretKeyList(data, session.io.now()));
  }
}
