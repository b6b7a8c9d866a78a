import { statement } from '../../kernel/db/statement.ts';

/** Serialises what counts against the quota of applications of a team until the transaction ends. */
export const lockTeamApps = statement({
  name: 'app_services.lock_team_quota',
  text: `select pg_advisory_xact_lock(hashtextextended('app-quota:' || $1, 0))::text as "locked"`,
  params: { team: 'text' },
  row: { locked: 'text' },
});

/** What counts against the quota of a team: services, the instances that they ask for, and their memory. */
export const countTeamApps = statement({
  name: 'app_services.count_team',
  text: `
    select count(*)::int4 as "services", coalesce(sum(s.replicas), 0)::int4 as "instances",
      coalesce(sum(s.replicas * coalesce((s.settings ->> 'memoryMb')::int4, $2)), 0)::int8 as "memoryMb"
    from app_services s
    where s.team = $1 and s.status <> 'DESTROYED' and s.id <> $3`,
  params: { team: 'text', defaultMemoryMb: 'int4', except: 'text' },
  row: { services: 'int4', instances: 'int4', memoryMb: 'int8' },
});

export const listTeamsWithApps = statement({
  name: 'app_services.list_teams',
  text: `select distinct team from app_services where status <> 'DESTROYED' order by team limit $1`,
  params: { limit: 'int4' },
  row: { team: 'text' },
});
