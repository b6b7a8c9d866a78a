import { afterAll, beforeAll, beforeEach, onTestFailed, onTestFinished } from 'vitest';
import type { ApiClient } from '../../src/client/api-client.ts';
import type { Db } from '../../src/control-plane/kernel/db/db.ts';
import { createTestDatabase, moveClock } from '../setup/database.ts';
import { Site, type StartOptions } from './site.ts';

export const ENGINES = ['PostgreSQL', 'PGlite'] as const;
export type Engine = (typeof ENGINES)[number];

/**
 * For tests that wait until the jobs of a dead worker are reclaimed. All others have the product's lease of 30 s: a worker that
 * stands still for seconds on a busy machine is not to be taken for dead.
 */
export const SHORT_LEASE_MS = 3_000;
export const SHORT_LEASE = { OCPCTL_LEASE_MS: String(SHORT_LEASE_MS) } as const;

export interface PostgresSite {
  readonly site: Site;
  readonly db: Db;
  readonly databaseUrl: string;
  moveClock(interval: string): Promise<void>;
}

/** One of them with a server, for all tests of a file. */
export interface SharedSite extends PostgresSite {
  /** Of its first server, as the admin. */
  readonly client: ApiClient;
}

/** A site for one test, on the embedded database; afterwards nothing of it is left, processes included. */
export function openSite(settings: NodeJS.ProcessEnv = {}): Site {
  const site = new Site(settings);
  let logs = '';
  onTestFailed(() => void process.stderr.write(`${logs}\n`));
  onTestFinished(async () => {
    logs = site.logs();
    await site.close();
  }, 60_000);
  return site;
}

/** The same on a PostgreSQL database of its own. */
export async function openPostgresSite(settings: NodeJS.ProcessEnv = {}): Promise<PostgresSite> {
  const database = await createTestDatabase();
  // Runs after the site has been closed: what is registered last is done first.
  onTestFinished(() => database.drop());
  const { url, db } = database;
  const site = openSite({ DATABASE_URL: url, ...settings });
  return { site, db, databaseUrl: url, moveClock: (interval) => moveClock(url, interval) };
}

export async function openSiteWith(engine: Engine, settings: NodeJS.ProcessEnv = {}): Promise<Site> {
  return engine === 'PGlite' ? openSite(settings) : (await openPostgresSite(settings)).site;
}

/**
 * One site with one server for all tests of a file or of a `describe`: to start a server costs more than most tests do. Each test
 * begins without faults, makes clusters of its own name, and looks at those only.
 * @param prepare what has to be there before the server starts
 * @returns what to call in a test
 */
export function useServer(
  settings: NodeJS.ProcessEnv | (() => NodeJS.ProcessEnv) = {},
  options: StartOptions = {},
  prepare: (site: Site) => Promise<void> | void = () => {},
): () => SharedSite {
  let opened: PostgresSite | undefined;
  let client: ApiClient | undefined;
  let drop = async () => {};
  beforeAll(async () => {
    const { url, db, drop: dropDatabase } = await createTestDatabase();
    drop = dropDatabase;
    const given = typeof settings === 'function' ? settings() : settings;
    const site = new Site({ DATABASE_URL: url, ...given });
    opened = { site, db, databaseUrl: url, moveClock: (interval) => moveClock(url, interval) };
    await prepare(site);
    client = site.client(await site.start(options));
  });
  afterAll(async () => {
    await opened?.site.close();
    await drop();
  });
  beforeEach(async () => {
    await opened?.site.setFaults();
    onTestFailed(() => void process.stderr.write(`${opened?.site.logs()}\n`));
  });
  return () => {
    if (opened === undefined || client === undefined)
      throw new Error('the server runs from beforeAll to afterAll');
    return { ...opened, client };
  };
}
