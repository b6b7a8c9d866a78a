import { afterAll, afterEach, beforeAll } from 'vitest';
import { SHORT_LEASE, SHORT_LEASE_MS, type SharedSite, useServer } from '../e2e/open-site.ts';
import type { ServerProcess } from '../e2e/server-process.ts';
import { countRows } from './sql.ts';
import { SyncPoints } from './sync-points.ts';

export const LEASE_MS = SHORT_LEASE_MS;

/** One API, with a janitor unless a test is about its absence, and workers that can be killed one by one; all processes of their own, on PostgreSQL. */
export interface Fleet extends SharedSite {
  readonly syncPoints: SyncPoints;
  startWorker(env?: NodeJS.ProcessEnv): Promise<ServerProcess>;
  /** The server process that runs the job. */
  workerOf(jobId: string): Promise<ServerProcess>;
  /** How many leases a process has had: one more after each that it lost. */
  leasesOf(pid: number): Promise<number>;
}

export interface FleetOptions {
  /** How many stay for all tests; without, each test starts workers of its own. */
  readonly workers?: number;
  /** Of the server with the API. */
  readonly roles?: string;
  /** Of every worker. */
  readonly flags?: readonly string[];
}

/** A fleet with one API for all tests of a file. @returns what to call in a test */
export function useFleet({ workers = 0, roles = 'api,janitor', flags = [] }: FleetOptions = {}): () => Fleet {
  const server = useServer(SHORT_LEASE, { args: ['--role', roles] });
  let syncPoints: SyncPoints;
  const startWorker = (env: NodeJS.ProcessEnv = {}) =>
    server().site.start({ args: ['--role', 'worker', ...flags], env });
  beforeAll(async () => {
    syncPoints = await SyncPoints.install(server().databaseUrl);
    await Promise.all(Array.from({ length: workers }, () => startWorker()));
  });
  afterEach(async () => {
    if (workers > 0) return;
    const [, ...started] = server().site.servers;
    await Promise.all(started.map((worker) => worker.kill()));
  });
  afterAll(() => syncPoints.releaseAll());
  return () => {
    const shared = server();
    const { site, databaseUrl } = shared;
    return {
      ...shared,
      syncPoints,
      startWorker,
      leasesOf: (pid) => countRows(databaseUrl, 'workers', `pid = ${pid}`),
      async workerOf(jobId) {
        const { pid } = await syncPoints.workerOf(jobId);
        const worker = site.servers.find((each) => each.pid === pid);
        if (worker === undefined)
          throw new Error(`the worker of ${jobId} is not a process of this site: ${pid}`);
        return worker;
      },
    };
  };
}
