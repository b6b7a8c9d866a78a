import type { AppDatabaseBackup } from '../contract/documents.ts';
import { APP_STATUS_STYLES, appStatusColumn } from './app-status.ts';
import { ageColumn, countText, relativeTime } from './format.ts';
import { type ListView, listDocument, listView, type RecordView, recordView } from './view.ts';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** The table of `ocpctl app db backups`. */
export function backupList(backups: readonly AppDatabaseBackup[], now: Date): ListView<AppDatabaseBackup> {
  return listView({
    document: listDocument(backups),
    rows: backups,
    name: ({ id }) => id,
    columns: [
      { header: 'ID', text: ({ id }) => id },
      { header: 'DATABASE', text: ({ database }) => database.name },
      { header: 'ENV', text: ({ environment }) => environment.name },
      appStatusColumn(({ status }) => status),
      { header: 'SIZE', text: ({ sizeBytes }) => sizeText(sizeBytes), align: 'right' },
      { header: 'ROWS', text: ({ rows }) => (rows === null ? '-' : String(rows)), align: 'right' },
      {
        header: 'PROVEN',
        text: (backup) => provenText(backup, now),
        style: ({ verifyError }) => (verifyError === null ? undefined : 'red'),
      },
      ageColumn(({ createdAt }) => createdAt, now),
      { header: 'BY', text: ({ schedule, requestedBy }) => schedule ?? requestedBy, wide: true },
      { header: 'TEAM', text: ({ team }) => team, wide: true },
    ],
    whenEmpty: "No backups. To make one: 'ocpctl app db backup NAME'.",
  });
}

export function databaseBackupRecord(backup: AppDatabaseBackup, now: Date): RecordView {
  const { id, database, environment, status, sizeBytes, tables, rows, failure, verifyError } = backup;
  return recordView({
    document: backup,
    name: id,
    blocks: [
      {
        title: id,
        fields: [
          ['Status', status, APP_STATUS_STYLES[status]],
          ['Database', database.name],
          ['Environment', environment.name],
          ['Team', backup.team],
          ['Size', sizeText(sizeBytes)],
          ['Content', tables === null || rows === null ? '-' : contentText(tables, rows)],
          ['Made', relativeTime(backup.createdAt, now)],
          ['Proven', provenText(backup, now)],
          ...(verifyError === null ? [] : ([['Problem', verifyError, 'red']] as const)),
          ...(failure === null ? [] : ([['Failure', `${failure.code}: ${failure.message}`]] as const)),
        ],
      },
    ],
  });
}

function provenText({ verifiedAt, verifyError }: AppDatabaseBackup, now: Date): string {
  if (verifyError !== null) return 'failed';
  return verifiedAt === null ? 'never' : relativeTime(verifiedAt, now);
}

function contentText(tables: number, rows: number): string {
  return `${countText(tables, 'table')}, ${countText(rows, 'row')}`;
}

function sizeText(bytes: number | null): string {
  if (bytes === null) return '-';
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${UNITS[power]}`;
}
