import { string } from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.ts';
import { omitUndefined } from '../../cli/flags/flag-values.ts';
import { fetchCharges, fetchUsage } from '../../cli/reports/fetch-usage.ts';
import { periodFromFlags } from '../../cli/reports/period.ts';
import { focusCsv } from '../../render/focus.ts';
import { budgetLines } from '../../render/quota.ts';
import { usageList, usageSummary } from '../../render/usage.ts';

const GROUPS = ['team', 'owner', 'cost-center', 'platform', 'profile', 'region', 'cluster', 'day'] as const;

export default class ReportUsage extends BaseCommand {
  static override summary = 'Show clusters, hours and estimated cost of a period';
  static override description =
    'Cost is estimated from list prices, from the begin of a create to the proven destroy. What was reported for the past never changes.\n' +
    'With -o focus, prints a CSV of FOCUS 1.2: a row for each cluster, day and rate, marked as an estimate by x_CostBasis.';
  static override examples = [
    '<%= config.bin %> report usage',
    '<%= config.bin %> report usage --from last-month --group-by owner',
    '<%= config.bin %> report usage --from 30d --group-by day --timezone Europe/Berlin',
    '<%= config.bin %> report usage --from 2026-11-01 --to 2026-12-01 --group-by cluster -o csv',
    '<%= config.bin %> report usage --from last-month -o focus > focus.csv',
  ];
  static override formats = ['focus'] as const;
  static override flags = {
    from: string({
      description:
        'Begin: a date, a duration back from now, this-month, last-month or a time (default: this-month)',
      helpValue: 'TIME',
    }),
    to: string({
      description: 'End, exclusive (default: now; with --from last-month, the end of that month)',
      helpValue: 'TIME',
    }),
    'group-by': string({
      description: `Group by ${GROUPS.join(', ')} (default: team)`,
      helpValue: 'KEY',
      options: [...GROUPS],
    }),
    team: string({ description: 'Filter by team', helpValue: 'TEAM' }),
    timezone: string({
      description: 'Time zone of dates and days, for example Europe/Berlin (default: UTC)',
      helpValue: 'ZONE',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(ReportUsage);
    const session = await this.open(flags);
    const { timezone = 'UTC', team } = flags;
    const { from, to } = await periodFromFlags(
      { from: flags.from, to: flags.to, timezone },
      session.io.now(),
    );
    const groupBy = GROUPS.find((name) => name === flags['group-by']) ?? 'team';
    const period = { from: from.toISOString(), ...omitUndefined({ to: to?.toISOString(), team }) };
    if (session.format.kind === 'focus') {
      session.printOwnFormat(focusCsv(await fetchCharges(session.client, period), session.io.now()));
      return;
    }
    const report = await fetchUsage(session.client, { ...period, groupBy, timezone });
    await session.print(usageList(report));
    if (session.machineOutput) return;
    const days =
      groupBy === 'day' || report.totals.clusters === 0 || isLong(report)
        ? []
        : (await fetchUsage(session.client, { ...period, to: report.to, groupBy: 'day', timezone })).items;
    for (const line of usageSummary(report, days)) session.note(line);
    if (flags.from !== undefined || groupBy !== 'team') return;
    // Budgets are of this month.
    const { data: quota } = await session.client.GET('/v1/quota', {
      params: { query: omitUndefined({ team }) },
    });
    for (const line of budgetLines(quota)) session.note(line);
  }
}

/** A report by day has at most 400 days. */
function isLong({ from, to }: { readonly from: string; readonly to: string }): boolean {
  return Date.parse(to) - Date.parse(from) > 399 * 86_400_000;
}
