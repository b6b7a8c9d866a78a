import { BaseCommand } from '../../../cli/base-command.ts';
import { collect } from '../../../client/pages.ts';
import { budgetList } from '../../../render/budget.ts';

export default class AdminBudgetsList extends BaseCommand {
  static override summary = 'List the monthly budgets of teams';
  static override description =
    'Shows what was spent this month, and what the clusters that exist will cost until they expire or the month ends.';
  static override examples = ['<%= config.bin %> admin budgets list'];

  async run(): Promise<void> {
    const { flags } = await this.parse(AdminBudgetsList);
    const session = await this.open(flags);
    const budgets = await collect(
      async (query) => (await session.client.GET('/v1/admin/budgets', { params: { query } })).data,
    );
    await session.print(budgetList(budgets));
  }
}
