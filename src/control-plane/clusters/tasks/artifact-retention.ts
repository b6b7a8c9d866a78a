import type { ArtifactStore } from '../../kernel/artifacts/artifact-store.ts';
import { removeBelow } from '../../kernel/artifacts/remove-below.ts';
import type { Db } from '../../kernel/db/db.ts';
import { forEachOf, type RetentionRule } from '../../kernel/retention/retention-rule.ts';
import {
  countClustersWithOldArtifacts,
  deleteArtifacts,
  listClustersWithOldArtifacts,
} from '../store/artifacts.sql.ts';

const BATCH = 20;

/**
 * Snapshots and logs of clusters, after a proven destroy. Those of any other cluster stay, whatever their age: without its snapshot
 * a cluster cannot be destroyed (G4).
 */
export function artifactRetention(
  db: Pick<Db, 'query'>,
  artifacts: Pick<ArtifactStore, 'list' | 'remove'>,
  { artifactRetentionDays: days }: { readonly artifactRetentionDays: number },
): RetentionRule {
  return {
    name: 'cluster-artifacts',
    meaning: 'artifacts of clusters, after a proven destroy',
    days,
    countDue: async () => (await db.query(countClustersWithOldArtifacts, { days }))[0]?.count ?? 0,
    async removeSome(failed) {
      const clusters = await db.query(listClustersWithOldArtifacts, {
        ...{ days, failed: [...failed.keys()], limit: BATCH },
      });
      return forEachOf(
        clusters.map(({ id }) => id),
        failed,
        async (id) => {
          await removeBelow(artifacts, id);
          // After the files: a run that is interrupted finds the cluster again.
          await db.query(deleteArtifacts, { clusterId: id });
        },
      );
    },
  };
}
