import type { components } from '../../../contract/api.gen.ts';
import { actingTeams } from '../../kernel/access/team-access.ts';
import { audit } from '../../kernel/audit/audit.ts';
import { type Caller, isAdmin, nameOf } from '../../kernel/caller.ts';
import type { Queryable, Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import { readJob } from '../../kernel/jobs/job-reader.ts';
import { dollars } from '../../kernel/usage/money.ts';
import type { Cloud } from '../clouds/cloud.ts';
import { checkInstallConfig } from '../install-config/check-install-config.ts';
import {
  type InstallConfigSpec,
  renderMaskedInstallConfig,
} from '../install-config/render-install-config.ts';
import { CREATE_JOB } from '../job-types.ts';
import type { ClusterRequest, PolicyCaller, ResolvedRequest } from '../policy/cluster-request.ts';
import { resolveRequest } from '../policy/resolve-request.ts';
import { effectiveTags } from '../policy/tags.ts';
import type { Profile } from '../profiles/profile.ts';
import { lockTeamQuota } from '../store/quotas.sql.ts';
import { type HourlyCost, hourlyCost } from '../usage/hourly-cost.ts';
import { keepProfile, keepProfileCredentials } from './accepted-profile.ts';
import { assertWithinBudget } from './budgets.ts';
import type { ClusterServices } from './cluster-services.ts';
import { hoursBetween, teamWorkingHours } from './commitments.ts';
import { createWarnings } from './create-warnings.ts';
import { insertPending } from './insert-cluster.ts';
import { assertNotSwept } from './orphans.ts';
import { notConnected, unknownProfile } from './profile-errors.ts';
import { assertWithinQuota, teamQuotas } from './quotas.ts';
import { readNewCluster } from './read.ts';

type Schemas = components['schemas'];

/** Accepts a create: cluster, job and audit event in the caller's transaction (G11), quota held to its commit (G18). */
export async function createCluster(
  services: ClusterServices,
  tx: Tx,
  caller: Caller,
  request: ClusterRequest,
): Promise<Schemas['ClusterAccepted']> {
  const { resolved, profile, cloud } = validateRequest(services, caller, request);
  await tx.query(lockTeamQuota, { team: resolved.team });
  const quotas = await teamQuotas(services.limits, tx, resolved.team);
  assertWithinQuota(quotas);
  const { now } = quotas;
  const cost = costOfCreate(services, profile, resolved, now);
  await assertAffordable(tx, resolved, cost);
  await assertNotSwept(tx, resolved);
  const warnings = await createWarnings(tx, profile, request, resolved, cost);
  const id = services.newId('clu');
  const jobId = services.newId('job');
  const { installationId } = services;
  const tags = tagsOf(profile, resolved, { installationId, clusterId: id, jobId, now });
  assertInstallable({ resolved, profile, effectiveTags: tags, credentialsMode: cloud.credentialsMode }, now);
  const digests = await keepProfile(tx, profile);
  await services.queue.enqueue(tx, {
    id: jobId,
    resourceId: id,
    resourceName: resolved.name,
    team: resolved.team,
    type: CREATE_JOB,
    requestedBy: caller.principal,
    traceparent: caller.traceparent,
  });
  await insertPending(tx, { resolved, cloud, cost, digests }, { id, jobId }, tags);
  await keepProfileCredentials(services, tx, id, profile);
  const accepted = {
    cluster: await readNewCluster(tx, id),
    job: await readJob(tx, jobId, null),
    ...(warnings.length === 0 ? {} : { warnings }),
  };
  await audit(tx, resolved.team, caller, {
    action: 'cluster.create',
    target: id,
    status: 'SUCCESS',
    metadata: {
      name: resolved.name,
      profile: resolved.profile,
      ttlHours: resolved.ttlHours,
      ...(resolved.keepaliveMinutes === undefined ? {} : { keepaliveMinutes: resolved.keepaliveMinutes }),
      jobId,
      ...(digests.manifestsDigest === null ? {} : { manifestsDigest: digests.manifestsDigest }),
    },
  });
  return accepted;
}

/** The whole plan of a create; nothing is stored. */
export async function planCluster(
  services: ClusterServices,
  caller: Caller,
  request: ClusterRequest,
): Promise<Schemas['ClusterPlan']> {
  const { resolved, profile, cloud } = validateRequest(services, caller, request);
  const quotas = await teamQuotas(services.limits, services.db, resolved.team);
  assertWithinQuota(quotas);
  const { now } = quotas;
  const { installationId } = services;
  const ids = { clusterId: 'clu_(given when accepted)', jobId: 'job_(given when accepted)' };
  const tags = tagsOf(profile, resolved, { installationId, ...ids, now });
  const spec = { resolved, profile, effectiveTags: tags, credentialsMode: cloud.credentialsMode };
  assertInstallable(spec, now);
  const cost = costOfCreate(services, profile, resolved, now);
  await assertAffordable(services.db, resolved, cost);
  const {
    userTags: _userTags,
    requestedBy: _requestedBy,
    sshPublicKey,
    keepaliveMinutes,
    setValues: set,
    ...shown
  } = resolved;
  return {
    warnings: await createWarnings(services.db, profile, request, resolved, cost),
    request: {
      ...shown,
      set,
      ...(sshPublicKey === undefined ? {} : { sshPublicKey }),
      ...(keepaliveMinutes === undefined ? {} : { keepaliveMinutes }),
    },
    tags,
    hourlyCost: dollars(cost.perHour),
    costForTTL: dollars(Math.round(cost.perHour * resolved.ttlHours)),
    costParts: cost.parts.map(({ part, count, each }) => ({ what: part, count, unitHourly: dollars(each) })),
    installConfig: { ...renderMaskedInstallConfig(spec) },
  };
}

function costOfCreate(
  { prices }: Pick<ClusterServices, 'prices'>,
  profile: Profile,
  { region, workerReplicas: workers, setValues }: ResolvedRequest,
  now: Date,
): HourlyCost {
  return hourlyCost(profile, { region, workers, setValues }, prices.at(now));
}

/** With off-hours, the workers cost money in the working hours of the team. @throws AppError BUDGET_EXCEEDED */
async function assertAffordable(db: Queryable, resolved: ResolvedRequest, cost: HourlyCost): Promise<void> {
  const { team, ttlHours, workerReplicas, offhours } = resolved;
  await assertWithinBudget(db, team, {
    what: 'this one',
    costUntil: async (now, until) => {
      const end = Math.min(now.getTime() + ttlHours * 3_600_000, until.getTime());
      const hours = (end - now.getTime()) / 3_600_000;
      const working = offhours ? await teamWorkingHours(db, team, now, until) : undefined;
      const workerHours = working === undefined ? hours : hoursBetween(working, now.getTime(), end);
      const ofWorkers = cost.perWorker * workerReplicas;
      return Math.round((cost.perHour - ofWorkers) * hours + ofWorkers * workerHours);
    },
  });
}

/** A request that fits, and what it will be made with. */
interface ValidatedRequest {
  readonly resolved: ResolvedRequest;
  readonly profile: Profile;
  readonly cloud: Cloud;
}

function validateRequest(
  services: ClusterServices,
  caller: Caller,
  request: ClusterRequest,
): ValidatedRequest {
  const profile = services.profiles.get(request.profile);
  if (!profile) throw unknownProfile(services, request.profile);
  const cloud = services.clouds.forPlatform(profile.platform);
  if (!cloud) throw notConnected(services, profile);
  const { resolved, violations } = resolveRequest(request, profile, policyCaller(caller));
  if (violations) {
    throw new AppError('POLICY_VIOLATION', `The request does not fit profile ${profile.name}.`, {
      errors: violations,
    });
  }
  return { resolved, profile, cloud };
}

/** @throws AppError POLICY_VIOLATION with what the installer would reject */
function assertInstallable(spec: Omit<InstallConfigSpec, 'pullSecret'>, now: Date): void {
  const problems = checkInstallConfig(spec, now);
  if (problems.length === 0) return;
  throw new AppError(
    'POLICY_VIOLATION',
    'The installer or the cloud would reject the install-config of this request.',
    {
      errors: problems.map(({ field, message }) => ({
        field: `installConfig.${field}`,
        code: 'INVALID_INSTALL_CONFIG',
        message,
      })),
    },
  );
}

function policyCaller(caller: Caller): PolicyCaller {
  return {
    principal: caller.principal,
    name: nameOf(caller.principal),
    isAdmin: isAdmin(caller),
    teams: actingTeams(caller) ?? ['*'],
  };
}

function tagsOf(
  profile: Profile,
  resolved: ResolvedRequest,
  {
    jobId,
    now,
    ...ids
  }: {
    readonly installationId: string;
    readonly clusterId: string;
    readonly jobId: string;
    readonly now: Date;
  },
): Record<string, string> {
  return effectiveTags({
    profile,
    userTags: resolved.userTags,
    system: {
      ...ids,
      clusterName: resolved.name,
      owner: resolved.owner,
      team: resolved.team,
      costCenter: resolved.costCenter,
      ttlExpiry: new Date(now.getTime() + resolved.ttlHours * 3_600_000),
      requestId: jobId,
    },
  });
}
