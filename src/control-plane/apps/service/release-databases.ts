import type { Queryable, Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import type { SecretStore } from '../../kernel/secrets/secret-store.ts';
import type { Variables } from '../policy/variables.ts';
import { holdDatabasesOfEnvironment } from '../store/database-credentials.sql.ts';
import type { ServiceRow } from '../store/services.sql.ts';
import { openDatabaseUrl } from './database-secrets.ts';

/** Kind of the secret that has the URLs of the databases in the variables of a release, by id of the database. */
const DATABASE_URLS_SECRET = 'database-urls';

/**
 * By name. Passwords are opened only for a service that refers to a database; until the transaction ends no rotation changes what
 * releases get.
 */
export async function urlsOfDatabases(
  secrets: SecretStore,
  tx: Tx,
  environmentId: string,
  variables: Variables,
): Promise<Map<string, { id: string; url: string }>> {
  if (!Object.values(variables).some((value) => value.includes('${db.'))) return new Map();
  const found = new Map<string, { id: string; url: string }>();
  for (const { name, ...row } of await tx.query(holdDatabasesOfEnvironment, { environmentId })) {
    const url = await openDatabaseUrl(secrets, tx, row);
    if (url !== undefined) found.set(name, { id: row.id, url });
  }
  return found;
}

/** Notes which databases a release uses, and how. */
export async function putDatabaseUrls(
  secrets: SecretStore,
  tx: Tx,
  releaseId: string,
  urls: Variables,
): Promise<void> {
  if (Object.keys(urls).length === 0) return;
  await secrets.put(
    tx,
    { ownerId: releaseId, kind: DATABASE_URLS_SECRET },
    Buffer.from(JSON.stringify(urls)),
  );
}

/** The URLs of databases that are in the variables of a release, by id of the database. */
export async function openDatabaseUrls(
  secrets: SecretStore,
  q: Queryable,
  releaseId: string,
): Promise<Variables> {
  const sealed = await secrets.open(q, { ownerId: releaseId, kind: DATABASE_URLS_SECRET });
  return sealed === undefined ? {} : (JSON.parse(sealed.toString('utf8')) as Variables);
}

/**
 * The variables of a release with the URLs that its databases have now.
 * @returns undefined when none of them has changed
 * @throws AppError STATE_CONFLICT when a database is gone
 */
export async function refreshDatabaseUrls(
  secrets: SecretStore,
  tx: Tx,
  {
    id,
    number,
    service,
    variables,
  }: {
    readonly id: string;
    readonly number: number;
    readonly service: ServiceRow;
    readonly variables: Variables;
  },
): Promise<{ variables: Variables; databaseUrls: Variables } | undefined> {
  const before = await openDatabaseUrls(secrets, tx, id);
  if (Object.keys(before).length === 0) return undefined;
  const rows = await tx.query(holdDatabasesOfEnvironment, { environmentId: service.environmentId });
  const databaseUrls: Record<string, string> = {};
  for (const databaseId of Object.keys(before)) {
    const row = rows.find((database) => database.id === databaseId);
    const url = row === undefined ? undefined : await openDatabaseUrl(secrets, tx, row);
    if (url === undefined)
      throw new AppError(
        'STATE_CONFLICT',
        `Release ${number} of ${service.name} uses a database that is not available: ${databaseId}.`,
      );
    databaseUrls[databaseId] = url;
  }
  const changed = Object.entries(before).filter(([databaseId, url]) => databaseUrls[databaseId] !== url);
  if (changed.length === 0) return undefined;
  const renewed = Object.entries(variables).map(([name, value]) => [
    name,
    changed.reduce(
      (text, [databaseId, url]) => text.replaceAll(url, () => databaseUrls[databaseId] ?? url),
      value,
    ),
  ]);
  return { variables: Object.fromEntries(renewed), databaseUrls };
}
