import type { UsageGroup, UsageReport } from '../contract/documents.ts';
import { countText, dateTime, formatDollars } from './format.ts';
import { sparkline } from './sparkline.ts';
import { type ListView, listView, type TableColumn } from './view.ts';

const HEADERS: Readonly<Record<UsageReport['groupBy'], string>> = {
  team: 'TEAM',
  owner: 'OWNER',
  'cost-center': 'COST CENTER',
  platform: 'PLATFORM',
  profile: 'PROFILE',
  region: 'REGION',
  cluster: 'CLUSTER',
  environment: 'ENVIRONMENT',
  service: 'SERVICE',
  day: 'DATE',
};
const RESOURCES: ReadonlySet<UsageReport['groupBy']> = new Set(['cluster', 'environment', 'service']);
const RESOURCE_COLUMNS: readonly TableColumn<UsageGroup>[] = [
  { header: 'TEAM', text: ({ team }) => team ?? '' },
  { header: 'ID', text: ({ key }) => key, wide: true },
];
/** Cells of the longest bar. */
const BAR = 20;

/** The table of `ocpctl report usage`. The bar of a group is as long as its part of the highest cost. */
export function usageList(report: UsageReport): ListView<UsageGroup> {
  const { items, totals, groupBy } = report;
  const most = Math.max(...items.map(({ cost }) => cost), 0);
  const share = (cost: number) => (totals.cost === 0 ? 0 : cost / totals.cost);
  const bar = (cost: number) => '█'.repeat(most === 0 ? 0 : Math.round((cost / most) * BAR));
  return listView({
    document: report,
    rows: items,
    columns: [
      { header: HEADERS[groupBy], text: ({ name }) => name },
      ...(RESOURCES.has(groupBy) ? RESOURCE_COLUMNS : []),
      { header: 'KIND', text: ({ kind }) => kind },
      {
        header: 'COUNT',
        text: ({ clusters, applications }) => String(clusters + applications),
        align: 'right',
      },
      {
        header: 'HOURS',
        text: ({ hours }) => hours.toFixed(2),
        exact: ({ hours }) => String(hours),
        align: 'right',
      },
      {
        header: 'COST',
        text: costText,
        exact: ({ cost }) => String(cost),
        align: 'right',
      },
      {
        header: 'SHARE',
        text: ({ cost }) => `${(share(cost) * 100).toFixed(0).padStart(3)}% ${bar(cost)}`.trimEnd(),
        exact: ({ cost }) => share(cost).toFixed(4),
      },
    ],
    name: ({ name }) => name,
    whenEmpty: 'No usage in this period. --from and --to choose another one.',
  });
}

/** What is said below the table: totals, that it is an estimate, and the cost of each day. */
export function usageSummary({ from, to, totals }: UsageReport, days: readonly UsageGroup[]): string[] {
  const period = `${dateTime(from)} to ${dateTime(to)}`;
  const { clusters, applications, unpricedHours } = totals;
  if (clusters + applications === 0) return [`No clusters or applications existed from ${period}.`];
  const counts = [
    ...(clusters > 0 ? [countText(clusters, 'cluster')] : []),
    ...(applications > 0 ? [countText(applications, 'application')] : []),
  ];
  const byDay = new Map<string, number>();
  for (const { key, cost } of days) byDay.set(key, (byDay.get(key) ?? 0) + cost);
  return [
    `Total: ${formatDollars(totals.cost)} for ${counts.join(' and ')}, ${totals.hours.toFixed(2)} hours (estimate from list prices), ${period}`,
    ...unpricedNote(unpricedHours),
    ...(byDay.size < 2 ? [] : [`By day: ${joinedSparkline([...byDay.values()])}`]),
  ];
}

/** Said with every sum that lacks something. */
export function unpricedNote(hours: number): string[] {
  if (hours === 0) return [];
  return [
    `Not in the cost: ${hours.toFixed(2)} hours of applications without a price. Operators set OCPCTL_APP_CPU_PRICE and OCPCTL_APP_MEMORY_PRICE.`,
  ];
}

/** Without a price, no amount is shown: it would look like nothing. */
function costText({ cost, hours, unpricedHours }: UsageGroup): string {
  return cost === 0 && hours > 0 && unpricedHours > 0 ? 'no price' : formatDollars(cost);
}

/** A sparkline of at most 60 cells: more values are joined. */
function joinedSparkline(values: readonly number[]): string {
  const joined = Math.ceil(values.length / 60);
  const cells = Array.from({ length: Math.ceil(values.length / joined) }, (_, cell) =>
    values.slice(cell * joined, (cell + 1) * joined).reduce((sum, value) => sum + value, 0),
  );
  return sparkline(cells);
}
