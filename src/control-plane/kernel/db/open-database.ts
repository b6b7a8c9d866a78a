import type { Db } from './db.ts';

/** Opens PostgreSQL if a URL is given, else the embedded database in a folder. An engine is loaded only when it is used. */
export async function openDatabase(
  url: string | undefined,
  folder: string,
  emptyDatabase: () => Promise<Uint8Array | undefined>,
  onMaintenanceError: (error: unknown) => void,
): Promise<Db> {
  if (url !== undefined) {
    const { openPostgres } = await import('./postgres.ts');
    return openPostgres({ url, applicationName: 'ocpctl' });
  }
  const { openPglite } = await import('./pglite.ts');
  const loadDump = await emptyDatabase();
  return openPglite({ dataDir: folder, onMaintenanceError, ...(loadDump ? { loadDump } : {}) });
}
