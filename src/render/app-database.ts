import type { AppDatabase } from '../contract/documents.ts';
import { APP_STATUS_STYLES, appStatusColumn } from './app-status.ts';
import { ageColumn, relativeTime } from './format.ts';
import { type ListView, listDocument, listView, type RecordView, recordView } from './view.ts';

/** The table of `ocpctl app db list`. */
export function databaseList(databases: readonly AppDatabase[], now: Date): ListView<AppDatabase> {
  return listView({
    document: listDocument(databases),
    rows: databases,
    name: ({ name }) => name,
    columns: [
      { header: 'NAME', text: ({ name }) => name },
      { header: 'ENV', text: ({ environment }) => environment.name },
      appStatusColumn(({ status }) => status),
      { header: 'ENGINE', text: engineText },
      { header: 'CONNECTIONS', text: connectionsText, align: 'right' },
      ageColumn(({ createdAt }) => createdAt, now),
      { header: 'TEAM', text: ({ team }) => team, wide: true },
      { header: 'ID', text: ({ id }) => id, wide: true },
    ],
    whenEmpty: "No databases. To create one: 'ocpctl app db create NAME'.",
  });
}

export function databaseRecord(database: AppDatabase, now: Date): RecordView {
  const { name, status, environment, team, memoryMb, backups, lastSeenAt, failure, id } = database;
  return recordView({
    document: database,
    name,
    blocks: [
      {
        title: name,
        fields: [
          ['Status', status, APP_STATUS_STYLES[status]],
          ['Engine', engineText(database)],
          ['Environment', environment.name],
          ['Team', team],
          ['Connections', connectionsText(database)],
          ['Memory', `${memoryMb} MiB`],
          ['Login', loginText(database, now)],
          ['Backups', backups.schedule === 'off' ? 'off' : `${backups.schedule} at ${backups.at} UTC`],
          ['Last backup', backups.lastAt === null ? 'none' : relativeTime(backups.lastAt, now)],
          ['Last proven', backups.provenAt === null ? 'never' : relativeTime(backups.provenAt, now)],
          ...(backups.problem === null ? [] : ([['Backup problem', backups.problem, 'red']] as const)),
          ['Last answer', lastSeenAt === null ? 'none' : relativeTime(lastSeenAt, now)],
          ...(failure === null ? [] : ([['Failure', `${failure.code}: ${failure.message}`]] as const)),
          ['Id', id],
        ],
      },
    ],
  });
}

export function databaseUrlRecord(name: string, url: string): RecordView {
  return recordView({ document: { url }, name, blocks: [{ title: name, fields: [['URL', url]] }] });
}

const engineText = ({ engine, version }: AppDatabase): string =>
  version === null ? engine : `${engine} ${version}`;

function loginText({ credentialCreatedAt, isRotating }: AppDatabase, now: Date): string {
  if (credentialCreatedAt === null) return 'none';
  const made = `made ${relativeTime(credentialCreatedAt, now)}`;
  return isRotating ? `${made}; another one is valid until its rotation ends` : made;
}

const connectionsText = ({ connections, connectionLimit }: AppDatabase): string =>
  `${connections ?? '-'}/${connectionLimit}`;
