import { BaseCommand } from '../../../cli/base-command.ts';
import { DRY_RUN_FLAG, IDEMPOTENCY_KEY_FLAG, requiredArgument } from '../../../cli/flags/shared-flags.ts';
import { sendOnce } from '../../../cli/send-once.ts';
import { budgetChange } from '../../../render/budget.ts';

export default class AdminBudgetsRemove extends BaseCommand {
  static override summary = 'Remove the monthly budget of a team';
  static override examples = ['<%= config.bin %> admin budgets remove payments'];
  static override args = { team: requiredArgument('Team') };
  static override flags = { ...DRY_RUN_FLAG, ...IDEMPOTENCY_KEY_FLAG };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AdminBudgetsRemove);
    const session = await this.open(flags);
    const dryRun = flags['dry-run'];
    const { data } = await sendOnce({ flags, check: 'ocpctl admin budgets list' }, (key) =>
      session.client.DELETE('/v1/admin/budgets', {
        params: { query: { team: args.team, dryRun }, header: { 'idempotency-key': key } },
      }),
    );
    await session.print(budgetChange(data, dryRun ? 'WOULD REMOVE' : 'REMOVED'));
    if (dryRun) session.note('Dry run: nothing was changed.');
  }
}
