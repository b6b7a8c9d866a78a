import { string } from '@oclif/core/flags';
import { fetchOrphans, ORPHAN_STATUSES } from '../../../cli/admin/orphans.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { orphanList } from '../../../render/orphan.ts';

export default class AdminOrphansList extends BaseCommand {
  static override summary = 'List cloud resources without a living cluster, by infraID';
  static override description =
    'ORPHANED ones can be swept. SEEN ones have too few sightings or are too young; FOREIGN ones are not of this installation and never swept.';
  static override examples = [
    '<%= config.bin %> admin orphans list',
    '<%= config.bin %> admin orphans list --status ORPHANED -o csv',
  ];
  static override flags = {
    status: string({
      description: `Filter by status: ${ORPHAN_STATUSES.join(', ')} (default: all that are open)`,
      helpValue: 'STATUS',
      options: [...ORPHAN_STATUSES],
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(AdminOrphansList);
    const session = await this.open(flags);
    await session.print(orphanList(await fetchOrphans(session.client, flags.status), session.io.now()));
  }
}
