import { string } from '@oclif/core/flags';
import { fetchAccessKeys } from '../../../cli/admin/access.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { localPrincipal } from '../../../cli/flags/grant-flags.ts';
import { accessKeyList } from '../../../render/keys.ts';

export default class AdminKeysList extends BaseCommand {
  static override summary = 'List the keys of local principals';
  static override description = 'Secret access keys are never shown.';
  static override examples = [
    '<%= config.bin %> admin keys list',
    '<%= config.bin %> admin keys list --principal local:ann',
  ];
  static override flags = {
    principal: string({ description: 'Filter by principal', helpValue: 'PRINCIPAL' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(AdminKeysList);
    const session = await this.open(flags);
    const principal = flags.principal === undefined ? undefined : localPrincipal(flags.principal);
    await session.print(accessKeyList(await fetchAccessKeys(session.client, principal), session.io.now()));
  }
}
