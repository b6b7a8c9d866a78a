import { type JobContext, JobFailure } from '../../kernel/jobs/job.ts';
import type { Cloud, CloudIdentity, PreflightProblem, PreflightReport } from '../clouds/cloud.ts';
import type { Profile } from '../profiles/profile.ts';
import { listInfraIds } from '../store/artifacts.sql.ts';
import { type ClusterRow, setCloudIdentity } from '../store/clusters.sql.ts';
import { countCreatesAhead } from '../store/quotas.sql.ts';
import { CreateFailure } from './create-failure.ts';
import { preflightRequestOf } from './preflight-request.ts';

/**
 * Checks that the create can succeed in this cloud account, and records account and principal: a destroy must use the same account.
 * @returns the zones to use
 */
export async function runPreflight(
  attempt: JobContext,
  cloud: Cloud,
  cluster: ClusterRow,
  profile: Profile,
): Promise<Pick<PreflightReport, 'zones'>> {
  const { id, region } = cluster;
  const [ahead] = await attempt.db.query(countCreatesAhead, { id, cloud: cloud.kind, region });
  const request = preflightRequestOf(cloud, profile, {
    clusterName: cluster.name,
    region,
    baseDomain: cluster.baseDomain,
    workerReplicas: cluster.workerReplicas,
    createsInFlight: ahead?.count ?? 0,
  });
  const report = await cloud.preflight(request, attempt.signal);
  const { account, principal } = report;
  attempt.event({ kind: 'log', level: 'info', message: `using account ${account} as ${principal}` });
  for (const message of report.notes) attempt.event({ kind: 'log', level: 'warn', message });
  if (report.problems.length > 0) throw preflightFailure(report.problems);
  await recordIdentity(attempt, cluster, { account, principal, hostedZoneRole: request.hostedZone?.role });
  const { zones } = report;
  if (zones !== undefined)
    attempt.event({ kind: 'log', level: 'info', message: `using the zones ${zones.join(', ')}` });
  return { zones };
}

/** All problems in one message; retryable when every one of them is. */
function preflightFailure(problems: readonly PreflightProblem[]): CreateFailure {
  const message = problems.map((problem) => `${problem.message} (${problem.hint})`).join('; ');
  const permanent = problems.find(({ retryable }) => !retryable);
  const code = (permanent ?? problems[0])?.code ?? 'PREFLIGHT_FAILED';
  return new CreateFailure(code, message, { retryable: permanent === undefined, exists: 'nothing' });
}

/** What a destroy needs to find the cluster again, whatever becomes of its profile. */
interface RecordedIdentity extends CloudIdentity {
  readonly hostedZoneRole?: string | null | undefined;
}

/** After a checkpoint the recorded account may have resources of the cluster, so it cannot change any more. */
async function recordIdentity(
  attempt: JobContext,
  { id, cloudAccount }: ClusterRow,
  { account, principal, hostedZoneRole = null }: RecordedIdentity,
): Promise<void> {
  const checkpoints = await attempt.db.query(listInfraIds, { clusterId: id });
  if (cloudAccount !== null && cloudAccount !== account && checkpoints.length > 0)
    throw wrongAccount(account, cloudAccount);
  await attempt.commit((tx) => tx.query(setCloudIdentity, { id, account, principal, hostedZoneRole }));
}

/** With credentials of another account a destroy finds nothing and reports success. */
export function wrongAccount(account: string, recorded: string): JobFailure {
  return new JobFailure(
    'WRONG_ACCOUNT',
    `the worker's credentials belong to account ${account}, the cluster is in ${recorded}; nothing was changed (use credentials of ${recorded} on the worker)`,
    { retryable: false },
  );
}
