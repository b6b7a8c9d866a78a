import { string } from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.ts';
import { omitUndefined } from '../../cli/flags/flag-values.ts';
import { fetchApplicationCharges, fetchCharges, fetchUsage } from '../../cli/reports/fetch-usage.ts';
import { periodFromFlags } from '../../cli/reports/period.ts';
import type { UsageGroup, UsageReport } from '../../contract/documents.ts';
import { focusCsv } from '../../render/focus.ts';
import { budgetLines } from '../../render/quota.ts';
import { unpricedNote, usageList, usageSummary } from '../../render/usage.ts';

const GROUPS = [
  'team',
  'owner',
  'cost-center',
  'platform',
  'profile',
  'region',
  'cluster',
  'environment',
  'service',
  'day',
] as const;
const KINDS = ['cluster', 'application'] as const;

export default class ReportUsage extends BaseCommand {
  static override summary = 'Show clusters, applications, hours and estimated cost of a period';
  static override description =
    'Cost is estimated from list prices: of a cluster from the begin of its create to its proven destroy, of services and databases while their instances run. What was reported for the past never changes.\n' +
    'With -o focus, prints a CSV of FOCUS 1.2: a row for each cluster or instance, day and rate, marked as an estimate by x_CostBasis.';
  static override examples = [
    '<%= config.bin %> report usage',
    '<%= config.bin %> report usage --from last-month --group-by owner',
    '<%= config.bin %> report usage --from 30d --group-by day --timezone Europe/Berlin',
    '<%= config.bin %> report usage --from 2026-11-01 --to 2026-12-01 --group-by cluster -o csv',
    '<%= config.bin %> report usage --kind application --group-by service',
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
    kind: string({
      description: 'Only clusters, or only applications (default: both, where both can be grouped so)',
      helpValue: 'KIND',
      options: [...KINDS],
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
    const kind = KINDS.find((name) => name === flags.kind);
    const period = { from: from.toISOString(), ...omitUndefined({ to: to?.toISOString(), team }) };
    if (session.format.kind === 'focus') {
      const clusters = kind === 'application' ? [] : await fetchCharges(session.client, period);
      const applications = kind === 'cluster' ? [] : await fetchApplicationCharges(session.client, period);
      session.printOwnFormat(focusCsv([...clusters, ...applications], session.io.now()));
      const unpriced = applications.filter(({ hourlyCost }) => hourlyCost === null);
      for (const line of unpricedNote(unpriced.reduce((sum, { hours }) => sum + hours, 0)))
        session.note(line);
      return;
    }
    const usage = { ...period, timezone, ...omitUndefined({ kind }) };
    const report = await fetchUsage(session.client, { ...usage, groupBy });
    await session.print(usageList(report));
    if (session.machineOutput) return;
    const days =
      groupBy === 'day' || report.items.length === 0 || isLong(report)
        ? []
        : (await fetchUsage(session.client, { ...usage, to: report.to, groupBy: 'day', ...kindOf(report) }))
            .items;
    for (const line of usageSummary(report, days)) session.note(line);
    if (flags.from !== undefined || groupBy !== 'team') return;
    // Budgets are of this month.
    const { data: quota } = await session.client.GET('/v1/quota', {
      params: { query: omitUndefined({ team }) },
    });
    for (const line of budgetLines(quota)) session.note(line);
  }
}

/** A report by environment is of applications: so are the days below it. */
function kindOf({ items }: UsageReport): { readonly kind?: UsageGroup['kind'] } {
  const [kind, ...others] = new Set(items.map((item) => item.kind));
  return kind === undefined || others.length > 0 ? {} : { kind };
}

/** A report by day has at most 400 days. */
function isLong({ from, to }: { readonly from: string; readonly to: string }): boolean {
  return Date.parse(to) - Date.parse(from) > 399 * 86_400_000;
}
