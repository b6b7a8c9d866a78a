import type { Db } from '../../../../src/control-plane/kernel/db/db.ts';
import { newId } from '../../../../src/control-plane/kernel/ids.ts';

export interface AppIds {
  readonly environment: string;
  readonly service: string;
  readonly deployment: string;
  readonly database: string;
  readonly volume: string;
  readonly backup: string;
  readonly run: string;
}

/** An environment of a team with a service that was deployed once, in vain, and a run of it, a database that was never made, with a backup, and a volume without data. */
export async function insertApp(db: Db, team: string): Promise<AppIds> {
  const ids = {
    environment: newId('env'),
    service: newId('svc'),
    deployment: newId('dep'),
    database: newId('dbs'),
    volume: newId('vol'),
    backup: newId('bkp'),
    run: newId('run'),
  };
  const name = ids.service.slice(-12).toLowerCase();
  await db.script(`
    insert into app_environments (id, team, name, owner, requested_by)
    values ('${ids.environment}', '${team}', 'e${name}', 'ann', 'local:ann');
    insert into app_services (id, environment_id, team, name, kind, host_label, replicas, settings, requested_by)
    values ('${ids.service}', '${ids.environment}', '${team}', 's${name}', 'web', 's${name}', 1, '{}', 'local:ann');
    insert into app_deployments (id, service_id, team, number, reason, state, settings, requested_by, ended_at)
    values ('${ids.deployment}', '${ids.service}', '${team}', 1, 'deploy', 'FAILED', '{}', 'local:ann', clock_now());
    insert into app_databases (id, environment_id, team, name, engine, status, memory_mb, connection_limit, requested_by)
    values ('${ids.database}', '${ids.environment}', '${team}', 'main', 'postgres', 'FAILED', 256, 20, 'local:ann');
    insert into app_runs (id, service_id, number, state, timeout_seconds, requested_by, ended_at)
    values ('${ids.run}', '${ids.service}', 1, 'SKIPPED', 60, 'local:ann', clock_now());
    insert into app_volumes (id, environment_id, team, name, size_gib, requested_by)
    values ('${ids.volume}', '${ids.environment}', '${team}', 'data', 1, 'local:ann');
    insert into app_database_backups (id, database_id, team, status, uri, sha256, row_counts, requested_by, ended_at)
    values ('${ids.backup}', '${ids.database}', '${team}', 'AVAILABLE', 'x', 'x', '{}', 'local:ann', clock_now());`);
  return ids;
}
