import * as z from 'zod';
import type { components } from '../../../contract/api.gen.ts';
import type { Queryable } from '../../kernel/db/db.ts';
import { latestResidue } from '../store/abandonment.sql.ts';
import type { ClusterRow } from '../store/clusters.sql.ts';

type Residue = components['schemas']['Residue'];

const residueSchema = z.array(
  z.object({ id: z.string(), arn: z.string(), type: z.string(), region: z.string(), name: z.string() }),
);

/** What the cloud still held when it was last read back; nothing once a later read-back proved that it is gone. */
export async function residueOf(db: Queryable, { id, status }: ClusterRow): Promise<Residue> {
  const [found] = status === 'DESTROYED' ? [] : await db.query(latestResidue, { clusterId: id });
  return {
    items: residueSchema.parse(found?.residue ?? []),
    nextCursor: null,
    total: found?.total ?? 0,
    jobId: found?.jobId ?? null,
    foundAt: found?.foundAt.toISOString() ?? null,
  };
}
