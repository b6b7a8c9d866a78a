import { isUniqueViolation, type Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import { dollars } from '../../kernel/usage/money.ts';
import type { Cloud } from '../clouds/cloud.ts';
import type { ResolvedRequest } from '../policy/cluster-request.ts';
import { insertCluster } from '../store/insert-cluster.sql.ts';
import type { HourlyCost } from '../usage/hourly-cost.ts';
import type { AcceptedDigests } from './accepted-profile.ts';

/** The reason of the first transition. */
export const CREATE_ACCEPTED = 'create accepted';

/** Its job exists already. @throws AppError NAME_TAKEN */
export async function insertPending(
  tx: Tx,
  {
    resolved,
    cloud,
    cost,
    digests,
  }: {
    readonly resolved: ResolvedRequest;
    readonly cloud: Cloud;
    readonly cost: HourlyCost;
    readonly digests: AcceptedDigests;
  },
  { id, jobId }: { readonly id: string; readonly jobId: string },
  tags: Record<string, string>,
): Promise<void> {
  try {
    await tx.query(insertCluster, {
      id,
      name: resolved.name,
      platform: resolved.platform,
      version: resolved.version,
      profile: resolved.profile,
      region: resolved.region,
      baseDomain: resolved.baseDomain,
      owner: resolved.owner,
      team: resolved.team,
      costCenter: resolved.costCenter,
      requestedBy: resolved.requestedBy,
      ttlHours: resolved.ttlHours,
      requestedTags: resolved.userTags,
      effectiveTags: tags,
      sshPublicKey: resolved.sshPublicKey ?? null,
      offhoursOptIn: resolved.offhours,
      onFailure: resolved.onFailure,
      workerReplicas: resolved.workerReplicas,
      hourlyCost: dollars(cost.perHour),
      cloud: cloud.kind,
      workerHourlyCost: dollars(cost.perWorker),
      priceDate: cost.asOf,
      keepaliveMinutes: resolved.keepaliveMinutes ?? null,
      ...digests,
      setValues: resolved.setValues,
      jobId,
      reason: CREATE_ACCEPTED,
    });
  } catch (error) {
    if (!isUniqueViolation(error, 'clusters_name_taken')) throw error;
    throw new AppError(
      'NAME_TAKEN',
      `There is a cluster ${resolved.name}.${resolved.baseDomain} on ${resolved.platform} already.`,
      {
        errors: [
          {
            field: 'name',
            code: 'NAME_TAKEN',
            message: 'the name is free again when that cluster is DESTROYED',
          },
        ],
      },
    );
  }
}
