import type { AppEnvironment } from '../contract/documents.ts';
import { appCostCell, appCostText, smallDollars } from './app-cost.ts';
import { APP_STATUS_STYLES, appStatusColumn } from './app-status.ts';
import { ageColumn, relativeTime } from './format.ts';
import { type ListView, listDocument, listView, type RecordView, recordView } from './view.ts';

export function environmentList(
  environments: readonly AppEnvironment[],
  now: Date,
): ListView<AppEnvironment> {
  return listView({
    document: listDocument(environments),
    rows: environments,
    name: ({ name }) => name,
    columns: [
      { header: 'NAME', text: ({ name }) => name },
      { header: 'TEAM', text: ({ team }) => team },
      appStatusColumn(({ status }) => status),
      { header: 'SERVICES', text: ({ services }) => String(services), align: 'right' },
      {
        header: 'EXPIRES',
        text: ({ destroyAt }) => (destroyAt === null ? 'never' : relativeTime(destroyAt, now)),
        exact: ({ destroyAt }) => destroyAt ?? '',
      },
      {
        header: 'COST',
        text: ({ cost }) => appCostCell(cost),
        exact: ({ cost }) => String(cost.toDate),
        align: 'right',
      },
      {
        header: 'AT EXPIRY',
        text: ({ costAtExpiry, cost }) =>
          costAtExpiry === null ? '' : appCostCell({ ...cost, toDate: costAtExpiry }),
        exact: ({ costAtExpiry }) => String(costAtExpiry ?? ''),
        align: 'right',
        wide: true,
      },
      ageColumn(({ createdAt }) => createdAt, now),
      { header: 'OWNER', text: ({ owner }) => owner, wide: true },
      { header: 'ID', text: ({ id }) => id, wide: true },
    ],
    whenEmpty:
      "No environments. 'ocpctl app deploy ./DIR' makes one, 'ocpctl app env create' one that expires.",
  });
}

export function environmentRecord(
  environment: AppEnvironment,
  now: Date,
  document: unknown = environment,
): RecordView {
  const { destroyAt, residue } = environment;
  return recordView({
    document,
    name: environment.name,
    blocks: [
      {
        title: environment.name,
        fields: [
          ['Status', environment.status, APP_STATUS_STYLES[environment.status]],
          ['Team', environment.team],
          ['Owner', environment.owner],
          ['Services', String(environment.services)],
          ['Databases', String(environment.databases)],
          ['Volumes', String(environment.volumes)],
          ['Expires', destroyAt === null ? 'never' : `${relativeTime(destroyAt, now)} (${destroyAt})`],
          ['Cost (estimate)', appCostText(environment.cost)],
          ...(environment.costAtExpiry === null
            ? []
            : [['At expiry', `${smallDollars(environment.costAtExpiry)} (at the current rate)`] as const]),
          ['Id', environment.id],
        ],
      },
      ...(residue.length === 0
        ? []
        : [{ title: `Still on the host (${residue.length})`, fields: [], lines: [...residue] }]),
    ],
  });
}
