import { type HandlersOf, query } from '../kernel/api/handler.ts';
import type { ClusterServices } from './service/cluster-services.ts';
import {
  ignoreOrphan,
  listOrphanPage,
  planIgnore,
  readOrphanDetails,
  readSweepProof,
} from './service/orphans.ts';
import { planSweep, sweepOrphans } from './service/sweep-orphans.ts';

type OrphanOperation = 'listOrphans' | 'getOrphan' | 'getSweepProof' | 'ignoreOrphan' | 'sweepOrphans';

/** Operations about cloud resources without a living cluster, for admins of the installation: they belong to no team. */
export function orphanOperations(services: ClusterServices): HandlersOf<OrphanOperation> {
  return {
    listOrphans: query(({ caller, query }) => listOrphanPage(services, caller, query)),
    getOrphan: query(({ path }) => readOrphanDetails(services, path.id)),
    getSweepProof: query(({ path }) => readSweepProof(services, path.id)),
    sweepOrphans: {
      kind: 'command',
      action: 'orphan.sweep',
      authorizeReplay: async () => {},
      status: 202,
      preview: ({ query, body }) => (query.dryRun ? planSweep(services, body) : undefined),
      run: (tx, { caller, body }) => sweepOrphans(services, tx, caller, body),
    },
    ignoreOrphan: {
      kind: 'command',
      action: 'orphan.ignore',
      // Who may ignore an orphan may see each.
      authorizeReplay: async () => {},
      status: 200,
      preview: ({ caller, query, path, body }) =>
        query.dryRun ? planIgnore(services, caller, path.id, body) : undefined,
      run: (tx, { caller, path, body }) => ignoreOrphan(services, tx, caller, path.id, body),
    },
  };
}
