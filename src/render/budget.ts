import type { BudgetDocument } from '../contract/documents.ts';
import { dateTime, formatDollars } from './format.ts';
import { type ListView, listDocument, listView, type TableColumn } from './view.ts';

const COLUMNS: readonly TableColumn<BudgetDocument>[] = [
  { header: 'TEAM', text: ({ team }) => team },
  {
    header: 'MONTHLY',
    text: ({ monthly }) => formatDollars(monthly),
    exact: ({ monthly }) => String(monthly),
    align: 'right',
  },
  {
    header: 'SPENT',
    text: ({ spent }) => formatDollars(spent),
    exact: ({ spent }) => String(spent),
    align: 'right',
    style: ({ spent, monthly }) => (spent >= monthly ? 'red' : undefined),
  },
  {
    header: 'COMMITTED',
    text: ({ committed }) => formatDollars(committed),
    exact: ({ committed }) => String(committed),
    align: 'right',
  },
  {
    header: 'ALERT AT',
    text: ({ alertPercent }) => `${alertPercent}%`,
    exact: ({ alertPercent }) => String(alertPercent),
    align: 'right',
  },
  {
    header: 'DENIES CREATES',
    text: ({ denyCreates }) => (denyCreates ? 'yes' : 'no'),
    exact: ({ denyCreates }) => String(denyCreates),
  },
  {
    header: 'SET',
    text: ({ updatedAt }) => dateTime(updatedAt),
    exact: ({ updatedAt }) => updatedAt,
    wide: true,
  },
  { header: 'BY', text: ({ updatedBy }) => updatedBy, wide: true },
];

/** The table of `ocpctl admin budgets list`. */
export function budgetList(budgets: readonly BudgetDocument[]): ListView<BudgetDocument> {
  return listView({
    document: listDocument(budgets),
    rows: budgets,
    columns: COLUMNS,
    name: ({ team }) => team,
    whenEmpty: "No budgets. Set one with 'ocpctl admin budgets set TEAM --monthly DOLLARS'.",
  });
}

/** The result of a change. @param result for example SET, WOULD REMOVE */
export function budgetChange(budget: BudgetDocument, result: string): ListView<BudgetDocument> {
  return listView({
    document: budget,
    rows: [budget],
    columns: [...COLUMNS, { header: 'RESULT', text: () => result }],
    name: ({ team }) => team,
  });
}
