import { string } from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.ts';
import { UsageError } from '../../cli/errors/cli-error.ts';
import { requiredArgument } from '../../cli/flags/shared-flags.ts';
import { fetchUsage } from '../../cli/reports/fetch-usage.ts';
import { dateTime, formatDollars } from '../../render/format.ts';
import { reconciliationList } from '../../render/reconciliation.ts';

const GROUPS = ['cluster', 'team'] as const;

export default class ReportReconcile extends BaseCommand {
  static override summary = "Compare estimated cost with the cloud's bill";
  static override description =
    'Reads an AWS Cost and Usage Report (legacy or 2.0) or a FOCUS export as CSV, CSV.gz or Parquet. ' +
    'Rows belong to a cluster by the tag ClusterId, which must be an active cost allocation tag; spend without it is a line of its own. ' +
    'Savings plans and reservations count with their effective cost. The file stays on this host.';
  static override examples = [
    '<%= config.bin %> report reconcile cur-00001.csv.gz',
    '<%= config.bin %> report reconcile focus-00001.snappy.parquet --group-by team',
  ];
  static override args = { file: requiredArgument('File of the export') };
  static override flags = {
    'group-by': string({
      description: 'Group by cluster or team (default: cluster)',
      helpValue: 'KEY',
      options: [...GROUPS],
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ReportReconcile);
    const session = await this.open(flags);
    const { openCostFile } = await import('../../cli/reports/cost-files/read-cost-file.ts');
    const { reconcileClusters, reconcileTeams, sumBill } = await import('../../cli/reports/reconcile.ts');
    const { format, rows } = await openCostFile(args.file);
    const bill = await sumBill(rows);
    if (bill === undefined) throw new UsageError(`${args.file} has no rows`);
    const period = { from: bill.from.toISOString(), to: bill.to.toISOString() };
    const { items } = await fetchUsage(session.client, { ...period, groupBy: 'cluster' });
    const [clusters, teams] = [reconcileClusters(bill, items), reconcileTeams(bill, items)];
    const by = GROUPS.find((name) => name === flags['group-by']) ?? 'cluster';
    const document = { format: format.name, rows: bill.rows, ...period, currency: 'USD', clusters, teams };
    await session.print(reconciliationList(document, by === 'cluster' ? clusters : teams, by));
    if (session.machineOutput) return;
    const sum = (amounts: readonly number[]) =>
      formatDollars(amounts.reduce((total, amount) => total + amount, 0));
    session.note(
      `${format.name}, ${bill.rows} rows, ${dateTime(period.from)} to ${dateTime(period.to)}: estimated ${sum(clusters.map(({ estimate }) => estimate ?? 0))}, billed ${sum(clusters.map(({ actual }) => actual))}`,
    );
  }
}
