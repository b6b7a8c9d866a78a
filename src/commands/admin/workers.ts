import { fetchWorkers } from '../../cli/admin/access.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { workerList } from '../../render/worker.ts';

export default class AdminWorkers extends BaseCommand {
  static override summary = 'List workers and what keeps them from claiming jobs';
  static override description =
    'A worker whose disk is full, whose work folder is read-only, or whose cloud credentials are rejected is NOT_READY: it leaves jobs to other workers until the problem is solved. "-o wide" shows the messages.';
  static override examples = ['<%= config.bin %> admin workers', '<%= config.bin %> admin workers -o wide'];

  async run(): Promise<void> {
    const { flags } = await this.parse(AdminWorkers);
    const session = await this.open(flags);
    await session.print(workerList(await fetchWorkers(session.client), session.io.now()));
  }
}
