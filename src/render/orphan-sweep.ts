import type { OrphanSweeps } from '../contract/documents.ts';
import { resourceLines } from './orphan.ts';
import { type ListView, listView, type RecordView, recordView } from './view.ts';

type Sweep = OrphanSweeps['items'][number];

/** The result of `ocpctl admin orphans sweep --dry-run`: what would be removed, what would be kept, and why. */
export function sweepPlan(sweeps: OrphanSweeps): RecordView {
  return recordView({
    document: sweeps,
    name: sweeps.items.map(({ orphan }) => orphan.infraId).join(' '),
    blocks: sweeps.items.flatMap(({ orphan, remove, keep, refusal }) => [
      {
        title: orphan.infraId,
        fields: [
          ['Account', `${orphan.account}, ${orphan.region}`],
          ['Cluster', orphan.clusterName ?? orphan.clusterId ?? 'unknown'],
          ['Owner', `${orphan.owner ?? 'unknown'}, team ${orphan.team ?? 'unknown'}`],
          ['Cost', `$${orphan.dailyCost.toFixed(2)} per day, at least`],
          refusal === null ? ['Sweep', 'possible', 'green'] : ['Sweep', `refused: ${refusal.message}`, 'red'],
        ],
      },
      {
        title: `${refusal === null ? 'Would be removed' : 'Resources'} (${remove.length})`,
        fields: [],
        lines: resourceLines(remove),
      },
      {
        title: `Would be kept (${keep.length})`,
        fields: [],
        lines: keep.length === 0 ? ['none'] : resourceLines(keep),
      },
    ]),
  });
}

/** The result of `ocpctl admin orphans sweep`. */
export function orphanSweeps(sweeps: OrphanSweeps): ListView<Sweep> {
  return listView({
    document: sweeps,
    rows: sweeps.items,
    columns: [
      { header: 'INFRAID', text: ({ orphan }) => orphan.infraId },
      { header: 'STATUS', text: ({ orphan }) => orphan.status },
      { header: 'RESOURCES', text: ({ remove }) => String(remove.length), align: 'right' },
      { header: 'KEPT', text: ({ keep }) => String(keep.length), align: 'right' },
      { header: 'JOB', text: ({ job }) => job?.id ?? '' },
    ],
    name: ({ job, orphan }) => job?.id ?? orphan.id,
  });
}
