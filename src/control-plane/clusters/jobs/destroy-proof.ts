import { createHash } from 'node:crypto';
import {
  DESTROY_PREDICATE,
  type DestroyStatement,
  IN_TOTO_PAYLOAD,
  IN_TOTO_STATEMENT,
  type ReadBackStatement,
} from '../../../contract/destroy-proof.ts';
import type { DsseEnvelope } from '../../../contract/dsse.ts';
import type { JobContext } from '../../kernel/jobs/job.ts';
import { signDsse } from '../../kernel/signing/installation-key.ts';
import { accountOfRole } from '../policy/arn.ts';
import { listNewestSnapshots } from '../store/artifacts.sql.ts';
import type { ClusterRow } from '../store/clusters.sql.ts';
import type { ClusterJobContext } from './cluster-job-context.ts';
import type { InstallerRun } from './installer-run.ts';
import { type ReadBack, uninstallOutcome } from './undo.ts';

/** What a proof is about: a cluster, or an orphan under its own id, of which `orphan` says which infraID it was. */
export type ProofSubject = Pick<
  ClusterRow,
  | 'id'
  | 'name'
  | 'platform'
  | 'region'
  | 'baseDomain'
  | 'cloud'
  | 'cloudAccount'
  | 'hostedZoneRole'
  | 'createdAt'
> & { readonly orphan?: { readonly infraId: string; readonly clusterId: string | null } };

/** States and signs what a read-back that found nothing has proven (G2). */
export async function proveDestroyed(
  context: ClusterJobContext,
  attempt: JobContext,
  cluster: ProofSubject,
  readBack: ReadBack | undefined,
  run: InstallerRun | undefined,
): Promise<DsseEnvelope> {
  const snapshots = await attempt.db.query(listNewestSnapshots, { clusterId: cluster.id });
  const { job } = attempt;
  const { id, name, platform, region, baseDomain, cloud, cloudAccount, hostedZoneRole, createdAt, orphan } =
    cluster;
  const statement: DestroyStatement = {
    _type: IN_TOTO_STATEMENT,
    subject: [
      subjectOf(id),
      ...(orphan === undefined ? [] : [subjectOf(`orphan ${orphan.infraId}`)]),
      ...snapshots.map(({ infraId, sha256 }) => ({
        name: `install directory of ${infraId}`,
        digest: { sha256 },
      })),
    ],
    predicateType: DESTROY_PREDICATE,
    predicate: {
      cluster: {
        id,
        name,
        platform,
        region,
        baseDomain,
        infraIds: readBack?.infraIds ?? [],
        createdAt: createdAt.toISOString(),
      },
      ...(orphan === undefined ? {} : { orphan }),
      cloud: {
        kind: cloud,
        account: readBack?.account ?? cloudAccount,
        ...(readBack === undefined || hostedZoneRole === null
          ? {}
          : { hostedZoneAccount: accountOfRole(hostedZoneRole) }),
      },
      destroyedBy: {
        job: job.id,
        attempt: job.attempt,
        requestedBy: job.requestedBy,
        ocpctl: context.version,
      },
      uninstall: uninstallOutcome(run),
      readBack: readBack === undefined ? null : presentReadBack(readBack),
    },
  };
  return signDsse(
    await context.installationKey(attempt),
    IN_TOTO_PAYLOAD,
    Buffer.from(JSON.stringify(statement)),
  );
}

/** The digest is that of the text. */
const subjectOf = (name: string) => ({
  name,
  digest: { sha256: createHash('sha256').update(name).digest('hex') },
});

function presentReadBack({
  startedAt,
  finishedAt,
  regions,
  domain,
  asked,
  found,
}: ReadBack): ReadBackStatement {
  return {
    startedAt: startedAt.toISOString(),
    finishedAt: finishedAt.toISOString(),
    regions,
    domain,
    asked,
    found: found.map(({ id, arn, type, region }) => ({ id, arn, type, region })),
  };
}
