import { formatDollars } from './format.ts';
import { type ListView, listView, type TableColumn } from './view.ts';

interface Line {
  readonly name: string;
  readonly team: string | null;
  readonly key: string | null;
  readonly estimate: number | null;
  readonly actual: number;
}

const money = (amount: number) => (amount < 0 ? `-${formatDollars(-amount)}` : formatDollars(amount));
const optionalMoney = (amount: number | null) => (amount === null ? '' : money(amount));

/** The table of `ocpctl report reconcile`. @param document all of it, for JSON and YAML */
export function reconciliationList(
  document: unknown,
  lines: readonly Line[],
  by: 'cluster' | 'team',
): ListView<Line> {
  const difference = ({ estimate, actual }: Line) => (estimate === null ? null : actual - estimate);
  const clusterColumns: readonly TableColumn<Line>[] = [
    { header: 'TEAM', text: ({ team }) => team ?? '' },
    { header: 'ID', text: ({ key }) => key ?? '', wide: true },
  ];
  return listView({
    document,
    rows: lines,
    columns: [
      { header: by === 'cluster' ? 'CLUSTER' : 'TEAM', text: ({ name }) => name },
      ...(by === 'cluster' ? clusterColumns : []),
      {
        header: 'ESTIMATE',
        text: ({ estimate }) => optionalMoney(estimate),
        exact: ({ estimate }) => (estimate === null ? '' : String(estimate)),
        align: 'right',
      },
      {
        header: 'ACTUAL',
        text: ({ actual }) => money(actual),
        exact: ({ actual }) => String(actual),
        align: 'right',
      },
      {
        header: 'DIFFERENCE',
        text: (line) => optionalMoney(difference(line)),
        exact: (line) => String(difference(line) ?? ''),
        align: 'right',
      },
    ],
    name: ({ name }) => name,
  });
}
