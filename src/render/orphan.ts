import type { Orphan, OrphanDetails } from '../contract/documents.ts';
import { ageColumn, countText, relativeTime } from './format.ts';
import type { Style } from './paint.ts';
import {
  type ListView,
  listDocument,
  listView,
  type RecordView,
  recordView,
  type TableColumn,
} from './view.ts';

const STATUS_STYLES: Readonly<Record<string, Style>> = {
  SEEN: 'yellow',
  ORPHANED: 'red',
  FOREIGN: 'dim',
  IGNORED: 'dim',
  SWEEPING: 'yellow',
  SWEPT: 'green',
  GONE: 'dim',
  IN_USE: 'dim',
};

/** The table of `ocpctl admin orphans list`. */
export function orphanList(orphans: readonly Orphan[], now: Date): ListView<Orphan> {
  return listView({
    document: listDocument(orphans),
    rows: orphans,
    columns: columns(now),
    name: ({ id }) => id,
    whenEmpty: "No orphans. 'ocpctl admin tasks list' shows when the cloud was last scanned for them.",
  });
}

function columns(now: Date): readonly TableColumn<Orphan>[] {
  return [
    { header: 'INFRAID', text: ({ infraId }) => infraId },
    { header: 'ACCOUNT', text: ({ account }) => account },
    { header: 'REGION', text: ({ region }) => region },
    { header: 'RESOURCES', text: ({ resourceCount }) => String(resourceCount), align: 'right' },
    ageColumn(({ oldestAt }) => oldestAt, now),
    { header: 'SIGHTINGS', text: ({ sightings }) => String(sightings), align: 'right' },
    {
      header: '$/DAY',
      text: ({ dailyCost }) => dailyCost.toFixed(2),
      exact: ({ dailyCost }) => String(dailyCost),
      align: 'right',
    },
    { header: 'CLUSTER', text: ({ clusterName, clusterId }) => clusterName ?? clusterId ?? '' },
    { header: 'STATUS', text: ({ status }) => status, style: ({ status }) => STATUS_STYLES[status] },
    { header: 'OWNER', text: ({ owner }) => owner ?? '', wide: true },
    { header: 'TEAM', text: ({ team }) => team ?? '', wide: true },
    { header: 'CLUSTER ID', text: ({ clusterId }) => clusterId ?? '', wide: true },
    { header: 'CLOUD', text: ({ cloud }) => cloud, wide: true },
    { header: 'ID', text: ({ id }) => id, wide: true },
  ];
}

/** The result of `ocpctl admin orphans show`. */
export function orphanRecord(details: OrphanDetails, now: Date): RecordView {
  const { orphan, resources } = details;
  const { clusterName, clusterId, ignored, lastSweep } = orphan;
  const isSwept = orphan.status === 'SWEPT';
  const kept = resources.filter(({ keep }) => keep !== null);
  const removed = resources.filter(({ keep }) => keep === null);
  return recordView({
    document: details,
    name: orphan.infraId,
    blocks: [
      {
        title: orphan.infraId,
        fields: [
          ['Status', orphan.status, STATUS_STYLES[orphan.status]],
          ['Id', orphan.id],
          ['Cloud', `${orphan.cloud}, account ${orphan.account}, ${orphan.region}`],
          ['Cluster', clusterId === null ? 'unknown' : `${clusterName ?? 'unknown name'} (${clusterId})`],
          ['Owner', `${orphan.owner ?? 'unknown'}, team ${orphan.team ?? 'unknown'}`],
          [
            'Cost',
            `$${orphan.dailyCost.toFixed(2)} per day, at least${isSwept ? ', until it was swept' : ''}`,
          ],
          ['Oldest', relativeTime(orphan.oldestAt, now)],
          [
            'Seen',
            `${countText(orphan.sightings, 'time')}, ${relativeTime(orphan.firstSeenAt, now)} to ${relativeTime(orphan.lastSeenAt, now)}`,
          ],
          ...(ignored === null
            ? []
            : ([
                ['Ignored', `by ${ignored.by}${ignored.reason === null ? '' : `: ${ignored.reason}`}`],
              ] as const)),
          ...(lastSweep === null
            ? []
            : ([
                [
                  'Last sweep',
                  `${lastSweep.jobId} ${lastSweep.status}${lastSweep.error === null ? '' : `: ${lastSweep.error.message}`}`,
                ],
              ] as const)),
        ],
      },
      {
        title: `${isSwept ? 'Removed' : 'Resources'} (${removed.length})`,
        fields: [],
        lines: resourceLines(removed),
      },
      ...(kept.length === 0
        ? []
        : [{ title: `Kept by a sweep (${kept.length})`, fields: [], lines: resourceLines(kept) }]),
    ],
  });
}

/** Region, type and id of each, with why it is kept and who uses it. */
export function resourceLines(resources: OrphanDetails['resources']): string[] {
  const rows = resources.map(({ region, type, id, note, keep }) => {
    const why = [keep, note].filter((text) => text !== null).join('; ');
    return { region, type, rest: why === '' ? id : `${id}  (${why})` };
  });
  const width = (texts: readonly string[]) => Math.max(0, ...texts.map((text) => text.length));
  const [regions, types] = [width(rows.map(({ region }) => region)), width(rows.map(({ type }) => type))];
  return rows.map(({ region, type, rest }) => `${region.padEnd(regions)}  ${type.padEnd(types)}  ${rest}`);
}
