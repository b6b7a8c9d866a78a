import { onTestFailed, onTestFinished, vi } from 'vitest';
import type { Db } from '../../src/control-plane/kernel/db/db.ts';
import { createTestDatabase, moveClock } from '../setup/database.ts';
import { Site } from './site.ts';

// Real processes on a machine that may be busy: what is slow is no failure.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

export const ENGINES = ['PostgreSQL', 'PGlite'] as const;
export type Engine = (typeof ENGINES)[number];

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

/** The product's own. For tests in which no worker dies: one that stands still for seconds on a busy machine is not to be taken for dead. */
export const PRODUCT_LEASE = { OCPCTL_LEASE_MS: '30000' } as const;

export interface PostgresSite {
  readonly site: Site;
  readonly db: Db;
  readonly databaseUrl: string;
  moveClock(interval: string): Promise<void>;
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
