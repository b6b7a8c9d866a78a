import { string } from '@oclif/core/flags';
import { fetchAccessKeys } from '../../../cli/admin/access.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { accessKeyList } from '../../../render/access-key.ts';

export default class AdminKeysList extends BaseCommand {
  static override description = 'List the keys of local principals, never their secrets';
  static override examples = [
    '<%= config.bin %> admin keys list',
    '<%= config.bin %> admin keys list --principal local:ann',
  ];
  static override flags = { principal: string({ description: 'only of this principal' }) };

  async run(): Promise<void> {
    const { flags } = await this.parse(AdminKeysList);
    const session = await this.open(flags);
    await session.print(
      accessKeyList(await fetchAccessKeys(session.client, flags.principal), session.io.now()),
    );
  }
}
