import { readableTeams } from '../../kernel/access/team-access.ts';
import type { TeamQuotas } from '../../kernel/api/module.ts';
import type { Caller } from '../../kernel/caller.ts';
import type { Queryable, Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import type { ServiceSettings } from '../policy/service-settings.ts';
import { countTeamApps, countTeamVolumes, listTeamsWithApps, lockTeamApps } from '../store/quotas.sql.ts';
import type { AppServices } from './app-services.ts';

type QuotaServices = Pick<AppServices, 'limits' | 'defaults'>;
const MAX_TEAMS = 200;

/**
 * Whether a service with these replicas fits beside the others of the team; holds the quota until the transaction ends.
 * @param except the service itself, when it is there already
 * @throws AppError QUOTA_EXCEEDED
 */
export async function assertServiceFits(
  { limits, defaults }: QuotaServices,
  tx: Tx,
  team: string,
  { replicas, settings, except = '' }: { replicas: number; settings: ServiceSettings; except?: string },
): Promise<void> {
  const memoryMb = replicas * (settings.memoryMb ?? defaults.memoryMb);
  await assertFits({ limits, defaults }, tx, team, { services: 1, instances: replicas, memoryMb, except });
}

/** The same for a database. @throws AppError QUOTA_EXCEEDED */
export async function assertDatabaseFits(
  services: QuotaServices,
  tx: Tx,
  team: string,
  memoryMb: number,
): Promise<void> {
  await assertFits(services, tx, team, { services: 0, instances: 1, memoryMb, except: '' });
}

/** The same for a volume: its size is reserved, however much of it is used. @throws AppError QUOTA_EXCEEDED */
export async function assertVolumeFits(
  { limits }: Pick<AppServices, 'limits'>,
  tx: Tx,
  team: string,
  sizeGib: number,
): Promise<void> {
  await tx.query(lockTeamApps, { team });
  const [now] = await tx.query(countTeamVolumes, { team });
  const used = now?.sizeGib ?? 0;
  if (used + sizeGib <= limits.volumeGibPerTeam) return;
  throw new AppError(
    'QUOTA_EXCEEDED',
    `Team ${team} has ${used} of ${limits.volumeGibPerTeam} GiB of volumes: ${sizeGib} more do not fit.`,
  );
}

async function assertFits(
  { limits, defaults }: QuotaServices,
  tx: Tx,
  team: string,
  more: { services: number; instances: number; memoryMb: number; except: string },
): Promise<void> {
  await tx.query(lockTeamApps, { team });
  const used = { team, defaultMemoryMb: defaults.memoryMb, except: more.except };
  const [now] = await tx.query(countTeamApps, used);
  const wanted = [
    { what: 'services', used: now?.services ?? 0, more: more.services, limit: limits.servicesPerTeam },
    { what: 'instances', used: now?.instances ?? 0, more: more.instances, limit: limits.instancesPerTeam },
    { what: 'MiB of memory', used: now?.memoryMb ?? 0, more: more.memoryMb, limit: limits.memoryMbPerTeam },
  ];
  const exceeded = wanted.find(({ used, more, limit }) => more > 0 && used + more > limit);
  if (exceeded)
    throw new AppError(
      'QUOTA_EXCEEDED',
      `Team ${team} has ${exceeded.used} of ${exceeded.limit} ${exceeded.what}: ${exceeded.more} more do not fit.`,
    );
}

export async function readAppQuotas(
  { limits, defaults, db }: QuotaServices & { readonly db: Queryable },
  caller: Caller,
  team: string | undefined,
): Promise<TeamQuotas> {
  const teams =
    team === undefined
      ? (readableTeams(caller) ??
        (await db.query(listTeamsWithApps, { limit: MAX_TEAMS })).map((row) => row.team))
      : [team];
  const quotas = new Map<string, Record<string, unknown>>();
  for (const name of teams) {
    const [used] = await db.query(countTeamApps, {
      team: name,
      defaultMemoryMb: defaults.memoryMb,
      except: '',
    });
    const [volumes] = await db.query(countTeamVolumes, { team: name });
    const sizeGib = volumes?.sizeGib ?? 0;
    if (used === undefined || used.services + used.instances + sizeGib === 0) continue;
    quotas.set(name, {
      appServices: { limit: limits.servicesPerTeam, used: used.services },
      appInstances: { limit: limits.instancesPerTeam, used: used.instances },
      appMemoryMb: { limit: limits.memoryMbPerTeam, used: used.memoryMb },
      ...(sizeGib === 0 ? {} : { appVolumeGib: { limit: limits.volumeGibPerTeam, used: sizeGib } }),
    });
  }
  return quotas;
}
