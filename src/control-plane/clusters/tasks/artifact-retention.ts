import type { ArtifactStore } from '../../kernel/artifacts/artifact-store.ts';
import { removeBelow } from '../../kernel/artifacts/remove-below.ts';
import type { Db } from '../../kernel/db/db.ts';
import { itemRule, type RetentionRule } from '../../kernel/retention/retention-rule.ts';
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
  return itemRule(
    db,
    { name: 'cluster-artifacts', meaning: 'artifacts of clusters, after a proven destroy', days },
    {
      ...{ count: countClustersWithOldArtifacts, list: listClustersWithOldArtifacts, limit: BATCH },
      async remove(clusterId) {
        await removeBelow(artifacts, clusterId);
        // After the files: a run that is interrupted finds the cluster again.
        await db.query(deleteArtifacts, { clusterId });
      },
    },
  );
}
