import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { processesMentioning } from '../../e2e/processes.ts';
import { controlGroupsOf } from '../../e2e/runtimes/runtime-under-test.ts';
import type { MarathonInstallation } from '../marathon/installation.ts';
import { BROKEN } from './app-sources.ts';
import { askService, type TrafficCounts } from './app-traffic.ts';
import type { AppLedger } from './app-users.ts';

export interface AppViolations {
  readonly leaks: string[];
  readonly lost: string[];
  readonly stuck: string[];
}

export interface AppFacts {
  readonly installation: MarathonInstallation;
  readonly appDir: string;
  readonly ledger: AppLedger;
  readonly counts: TrafficCounts;
  /** Services an instance of which was killed. */
  readonly killed: ReadonlyMap<string, number>;
}

/** Holds what is there when nothing happens any more against what was promised. */
export async function findAppViolations(facts: AppFacts): Promise<AppViolations> {
  return {
    leaks: await findAppLeaks(facts),
    lost: [...facts.counts.lost, ...(await findLostDeployments(facts)), ...(await findWrongAnswers(facts))],
    stuck: await findStuck(facts),
  };
}

/** On the host is what has a row, and nothing else. */
async function findAppLeaks({ installation: { pool }, appDir }: AppFacts): Promise<string[]> {
  const { rows } = await pool.query<{ id: string; environmentId: string }>(
    `select id, environment_id as "environmentId" from app_instances where state <> 'REMOVED'`,
  );
  const { rows: active } = await pool.query<{ id: string }>(
    `select id from app_environments where status <> 'DESTROYED'`,
  );
  const { rows: volumes } = await pool.query<{ id: string }>(
    `select id from app_volumes where status <> 'DESTROYED'`,
  );
  const { rows: installations } = await pool.query<{ id: string }>('select id from installation');
  const known = new Set(rows.map(({ id }) => id));
  const environments = new Set(active.map(({ id }) => id));
  const folder = (...names: string[]) => {
    const path = join(appDir, ...names);
    return existsSync(path) ? readdirSync(path) : [];
  };
  const strays = (names: string[], what: string, rightful: ReadonlySet<string>) =>
    names.filter((name) => !rightful.has(name)).map((name) => `${what} ${name}`);
  const groups = installations
    .flatMap((installation) => controlGroupsOf(installation.id))
    .flatMap((path) => readdirSync(path))
    .filter((name) => name.startsWith('ins_'));
  const rightful = new Set(rows.flatMap(({ id }) => processesMentioning(id).map(({ pid }) => pid)));
  return [
    ...strays(
      folder('runtime', 'instances').filter((name) => name.startsWith('ins_')),
      'directory of instance',
      known,
    ),
    ...strays(folder('runtime', 'environments'), 'directory of environment', environments),
    ...strays(groups, 'cgroup of instance', known),
    ...strays(folder('volumes'), 'directory of volume', new Set(volumes.map(({ id }) => id))),
    ...strays(folder('work'), 'directory of a build', new Set()),
    ...processesMentioning(appDir)
      .filter(({ argv }) => argv !== '' && !/\b(run|guard|instance-runner|cluster-api)\.js\b/.test(argv))
      .filter(({ pid }) => !rightful.has(pid))
      .map(({ pid, argv }) => `process ${pid} ${argv.slice(0, 160)}`),
  ];
}

/** Each is live, was superseded, or failed for a reason that is the user's or ours. */
async function findLostDeployments({ installation: { pool }, ledger, killed }: AppFacts): Promise<string[]> {
  const { rows } = await pool.query<{ id: string; state: string; error: string | null }>(
    `select id, state, error_code || ': ' || error_message as error from app_deployments`,
  );
  const found = new Map(rows.map((row) => [row.id, row]));
  return ledger.deployments.flatMap(({ id, serviceId, version }) => {
    const row = found.get(id);
    if (row === undefined) return [`the deployment ${id} of ${version} was acknowledged and is not there`];
    const mayFail = version === BROKEN || killed.has(serviceId);
    if (row.state === 'LIVE' && version === BROKEN) return [`the deployment ${id} is live, and broken`];
    if (['LIVE', 'SUPERSEDED'].includes(row.state) || (row.state === 'FAILED' && mayFail)) return [];
    // Destroying an environment cancels its deployments.
    if (row.state === 'CANCELLED') return [];
    return [`the deployment ${id} of ${version} is ${row.state}: ${row.error}`];
  });
}

/** What is live answers, with the version of its release. */
async function findWrongAnswers({ installation: { pool }, ledger }: AppFacts): Promise<string[]> {
  const { rows } = await pool.query<{ id: string; label: string; url: string; deployments: string[] }>(
    `select s.id, s.host_label as label, e.base_url as url,
       (select array_agg(d.id) from app_deployments d where d.release_id = s.live_release_id) as deployments
     from app_services s, app_edges e
     where s.status = 'ACTIVE' and s.live_release_id is not null and s.crashed_at is null and s.replicas > 0
       and e.seen_at > clock_now() - interval '10 seconds'`,
  );
  const wrong: string[] = [];
  for (const { id, label, url, deployments } of rows) {
    const version = ledger.deployments.find((deployment) => deployments.includes(deployment.id))?.version;
    const answer = await askService(url.replace('*', label)).catch((error: Error) => ({
      status: 0,
      text: error.message,
    }));
    if (answer.status !== 200 || answer.text.split(' ')[0] !== version)
      wrong.push(`${id} should answer ${version} and answers ${answer.status} ${answer.text.slice(0, 80)}`);
  }
  return wrong;
}

async function findStuck({ installation: { pool }, ledger }: AppFacts): Promise<string[]> {
  const { rows } = await pool.query<{ what: string }>(
    `select format('job %s %s of %s is %s: %s', id, job_type, resource_id, status, error_message) as what
       from jobs where ended_at is null
     union all
     select format('deployment %s is %s', id, state) from app_deployments where ended_at is null
     union all
     select format('%s has %s instances that serve, not %s', s.id, count(i.id), s.replicas)
       from app_services s left join app_instances i on i.service_id = s.id and i.is_serving
       where s.status = 'ACTIVE' and s.live_release_id is not null and s.crashed_at is null
       group by s.id having count(i.id) <> s.replicas
     union all
     select format('environment %s should be DESTROYED and is %s', id, status)
       from app_environments where id = any($1) and status <> 'DESTROYED'`,
    [[...ledger.destroys]],
  );
  return rows.map(({ what }) => what);
}
