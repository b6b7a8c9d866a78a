import { boolean, string } from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/base-command.ts';
import { UsageError } from '../../../cli/errors/cli-error.ts';
import { omitUndefined, wholeNumber } from '../../../cli/flags/flag-values.ts';
import { DRY_RUN_FLAG, IDEMPOTENCY_KEY_FLAG, requiredArgument } from '../../../cli/flags/shared-flags.ts';
import { sendOnce } from '../../../cli/send-once.ts';
import { budgetChange } from '../../../render/budget.ts';

export default class AdminBudgetsSet extends BaseCommand {
  static override summary = 'Set the monthly budget of a team';
  static override description =
    'Months are calendar months in UTC, and cost is estimated from list prices. Reaching the alert and exceeding the budget each alert once a month; another amount alerts again. What is not given stays as it is.';
  static override examples = [
    '<%= config.bin %> admin budgets set payments --monthly 500',
    '<%= config.bin %> admin budgets set payments --monthly 500 --alert-at 90 --deny-creates',
  ];
  static override args = { team: requiredArgument('Team') };
  static override flags = {
    monthly: string({ description: 'US dollars a month (required)', helpValue: 'DOLLARS' }),
    'alert-at': string({
      description: 'Alert at this percentage of the budget (default for a new budget: 80)',
      helpValue: 'PERCENT',
    }),
    'deny-creates': boolean({
      description: 'Refuse creates and more workers that would exceed the budget',
      allowNo: true,
    }),
    ...DRY_RUN_FLAG,
    ...IDEMPOTENCY_KEY_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AdminBudgetsSet);
    const session = await this.open(flags);
    const dryRun = flags['dry-run'];
    const body = {
      team: args.team,
      monthly: dollarsOf(flags.monthly),
      ...omitUndefined({ denyCreates: flags['deny-creates'], alertPercent: percentOf(flags['alert-at']) }),
    };
    const { data } = await sendOnce({ flags, check: 'ocpctl admin budgets list' }, (key) =>
      session.client.POST('/v1/admin/budgets', {
        params: { query: { dryRun }, header: { 'idempotency-key': key } },
        body,
      }),
    );
    await session.print(budgetChange(data, dryRun ? 'WOULD SET' : 'SET'));
    for (const warning of data.warnings ?? []) session.note(`Warning: ${warning}`);
    if (dryRun) session.note('Dry run: nothing was changed.');
  }
}

function percentOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const percent = wholeNumber('alert-at', text.replace(/%$/, ''), 1);
  if (percent <= 100) return percent;
  throw new UsageError(`invalid value "${text}" for --alert-at: use a percentage from 1 to 100`);
}

function dollarsOf(text: string | undefined): number {
  if (text === undefined)
    throw new UsageError('missing flag --monthly', { hint: 'for example --monthly 500' });
  if (/^\$?\d{1,9}(\.\d{1,2})?$/.test(text) && Number(text.replace('$', '')) > 0)
    return Number(text.replace('$', ''));
  throw new UsageError(
    `invalid value "${text}" for --monthly: use an amount in US dollars, for example 500 or 499.99`,
  );
}
