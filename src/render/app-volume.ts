import type { AppVolume } from '../contract/documents.ts';
import { APP_STATUS_STYLES, appStatusColumn } from './app-status.ts';
import { ageColumn } from './format.ts';
import { type ListView, listDocument, listView, type RecordView, recordView } from './view.ts';

/** The table of `ocpctl app volume list`. */
export function volumeList(volumes: readonly AppVolume[], now: Date): ListView<AppVolume> {
  return listView({
    document: listDocument(volumes),
    rows: volumes,
    name: ({ name }) => name,
    columns: [
      { header: 'NAME', text: ({ name }) => name },
      { header: 'ENV', text: ({ environment }) => environment.name },
      appStatusColumn(({ status }) => status),
      { header: 'SERVICE', text: ({ service }) => service?.name ?? '' },
      { header: 'SIZE', text: sizeText, align: 'right' },
      ageColumn(({ createdAt }) => createdAt, now),
      { header: 'TEAM', text: ({ team }) => team, wide: true },
      { header: 'ID', text: ({ id }) => id, wide: true },
    ],
    whenEmpty:
      "No volumes. 'ocpctl app deploy ./DIR --volume NAME:PATH' makes one, and so does 'ocpctl app volume create NAME'.",
  });
}

export function volumeRecord(volume: AppVolume): RecordView {
  const { name, status, environment, team, service, driver, failure, id } = volume;
  return recordView({
    document: volume,
    name,
    blocks: [
      {
        title: name,
        fields: [
          ['Status', status, APP_STATUS_STYLES[status]],
          ['Environment', environment.name],
          ['Team', team],
          ['Service', service?.name ?? 'none'],
          ['Size', sizeText(volume)],
          ['Kept by', driver === null ? '- (no data yet)' : `the runtime ${driver}`],
          ...(failure === null ? [] : ([['Failure', `${failure.code}: ${failure.message}`]] as const)),
          ['Id', id],
        ],
      },
    ],
  });
}

const sizeText = ({ sizeGib }: AppVolume): string => `${sizeGib} GiB`;
