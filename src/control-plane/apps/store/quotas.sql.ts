import { statement } from '../../kernel/db/statement.ts';

/** Serialises what counts against the quota of applications of a team until the transaction ends. */
export const lockTeamApps = statement({
  name: 'app_services.lock_team_quota',
  text: `select pg_advisory_xact_lock(hashtextextended('app-quota:' || $1, 0))::text as "locked"`,
  params: { team: 'text' },
  row: { locked: 'text' },
});

/** What counts against the quota of a team: services, the instances that they ask for, databases as one instance each, and their memory. */
export const countTeamApps = statement({
  name: 'app_services.count_team',
  text: `
    select s.services, s.instances + d.databases as "instances", (s.memory_mb + d.memory_mb)::int8 as "memoryMb"
    from (
        select count(*)::int4 as services, coalesce(sum(replicas), 0)::int4 as instances,
          coalesce(sum(replicas * coalesce((settings ->> 'memoryMb')::int4, $2)), 0)::int8 as memory_mb
        from app_services where team = $1 and status <> 'DESTROYED' and id <> $3) s,
      (
        select count(*)::int4 as databases, coalesce(sum(memory_mb), 0)::int8 as memory_mb
        from app_databases where team = $1 and status <> 'DESTROYED') d`,
  params: { team: 'text', defaultMemoryMb: 'int4', except: 'text' },
  row: { services: 'int4', instances: 'int4', memoryMb: 'int8' },
});

export const countTeamVolumes = statement({
  name: 'app_volumes.count_team',
  text: `select coalesce(sum(size_gib), 0)::int4 as "sizeGib" from app_volumes where team = $1 and status <> 'DESTROYED'`,
  params: { team: 'text' },
  row: { sizeGib: 'int4' },
});

export const listTeamsWithApps = statement({
  name: 'app_services.list_teams',
  text: `select team from app_services where status <> 'DESTROYED' union select team from app_databases where status <> 'DESTROYED'
    union select team from app_volumes where status <> 'DESTROYED' order by team limit $1`,
  params: { limit: 'int4' },
  row: { team: 'text' },
});
