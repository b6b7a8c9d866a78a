import { string } from '@oclif/core/flags';
import { fetchGrants } from '../../../cli/admin/access.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { omitUndefined } from '../../../cli/flags/flag-values.ts';
import { parseRole, roleFlag } from '../../../cli/flags/grant-flags.ts';
import { grantList } from '../../../render/access.ts';

export default class AdminGrantsList extends BaseCommand {
  static override summary = 'List grants';
  static override examples = [
    '<%= config.bin %> admin grants list',
    '<%= config.bin %> admin grants list --team payments',
    '<%= config.bin %> admin grants list --role platform_admin -o name',
  ];
  static override flags = {
    principal: string({ description: 'Filter by principal', helpValue: 'PRINCIPAL' }),
    role: roleFlag('Filter by role'),
    team: string({ description: "Filter by team; '*' for grants in all teams", helpValue: 'TEAM' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(AdminGrantsList);
    const session = await this.open(flags);
    const { principal, team } = flags;
    const filter = omitUndefined({ principal, role: parseRole(flags.role), team });
    await session.print(grantList(await fetchGrants(session.client, filter), session.io.now()));
  }
}
