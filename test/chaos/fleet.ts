import { onTestFinished } from 'vitest';
import type { ApiClient } from '../../src/client/api-client.ts';
import { openPostgresSite } from '../e2e/open-site.ts';
import type { ServerProcess } from '../e2e/server-process.ts';
import type { Site } from '../e2e/site.ts';
import { countRows } from './sql.ts';
import { SyncPoints } from './sync-points.ts';

export const LEASE_MS = 3_000;

/** One API and janitor, and workers that can be killed one by one; all processes of their own, on PostgreSQL. */
export interface Fleet {
  readonly site: Site;
  readonly client: ApiClient;
  readonly syncPoints: SyncPoints;
  readonly databaseUrl: string;
  startWorker(env?: NodeJS.ProcessEnv): Promise<ServerProcess>;
  /** The server process that runs the job. */
  workerOf(jobId: string): Promise<ServerProcess>;
  /** How many leases a process has had: one more after each that it lost. */
  leasesOf(pid: number): Promise<number>;
}

/** @param flags of every worker */
export async function openFleet(
  workers: number,
  settings: NodeJS.ProcessEnv = {},
  flags: readonly string[] = [],
): Promise<Fleet> {
  const { site, databaseUrl } = await openPostgresSite({ OCPCTL_LEASE_MS: String(LEASE_MS), ...settings });
  const syncPoints = await SyncPoints.install(databaseUrl);
  onTestFinished(() => syncPoints.releaseAll());
  const startWorker = (env: NodeJS.ProcessEnv = {}) =>
    site.start({ args: ['--role', 'worker', ...flags], env });
  const [api] = await Promise.all([
    site.start({ args: ['--role', 'api,janitor'] }),
    ...Array.from({ length: workers }, () => startWorker()),
  ]);
  return {
    site,
    client: site.client(api),
    syncPoints,
    databaseUrl,
    startWorker,
    leasesOf: (pid) => countRows(databaseUrl, 'workers', `pid = ${pid}`),
    async workerOf(jobId) {
      const { pid } = await syncPoints.workerOf(jobId);
      const server = site.servers.find((each) => each.pid === pid);
      if (server === undefined) throw new Error(`the worker of ${jobId} is no process of this site: ${pid}`);
      return server;
    },
  };
}
