import { BaseCommand } from '../cli/base-command.ts';
import { UsageError } from '../cli/errors/cli-error.ts';
import { pickMode } from '../cli/output/terminal.ts';

export default class Dashboard extends BaseCommand {
  static override summary = 'Show clusters, their jobs and logs on the whole screen';
  static override description =
    'Shows the clusters that exist, the jobs of the selected one, and the log of its newest job. Keys are shown at the bottom. Needs a terminal of at least 60x12.';
  static override examples = ['<%= config.bin %> dashboard'];

  async run(): Promise<void> {
    const { flags } = await this.parse(Dashboard);
    const session = await this.open(flags);
    const { stdin, stdout, env } = session.io;
    if (stdin.isTTY !== true || pickMode('auto', stdout, env) !== 'live' || session.machineOutput)
      throw new UsageError('the dashboard needs a terminal', {
        hint: "'ocpctl list' and 'ocpctl jobs list' print the same",
      });
    const { runDashboard } = await import('../cli/dashboard/run-dashboard.ts');
    await runDashboard(session);
  }
}
