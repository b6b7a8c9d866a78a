import { randomBytes } from 'node:crypto';
import type { Queryable } from '../../kernel/db/db.ts';
import type { SecretStore } from '../../kernel/secrets/secret-store.ts';
import { DATABASE } from '../databases/postgres/postgres-roles.ts';
import { findCurrentCredential, listDatabaseCredentials } from '../store/database-credentials.sql.ts';
import type { DatabaseRow } from '../store/databases.sql.ts';

const ADMIN_SECRET = 'database-admin';
const passwordSecret = (slot: string) => `database-password-${slot}`;
/** Without signs that mean something in a URL. */
const newPassword = () => randomBytes(24).toString('base64url');

/** Passwords of a new database: of its administrator, and of the login of slot a. */
export async function putDatabasePasswords(
  secrets: SecretStore,
  q: Queryable,
  ownerId: string,
): Promise<void> {
  for (const kind of [ADMIN_SECRET, passwordSecret('a')])
    await secrets.put(q, { ownerId, kind }, Buffer.from(newPassword()));
}

/** Of the login that a rotation makes. */
export function putLoginPassword(
  secrets: SecretStore,
  q: Queryable,
  ownerId: string,
  slot: 'a' | 'b',
): Promise<void> {
  return secrets.put(q, { ownerId, kind: passwordSecret(slot) }, Buffer.from(newPassword()));
}

/** Of the login that a rotation ended. */
export async function removeLoginPassword(
  secrets: SecretStore,
  q: Queryable,
  ownerId: string,
  slot: string,
): Promise<void> {
  await secrets.remove(q, { ownerId, kind: passwordSecret(slot) });
}

export async function removeDatabasePasswords(
  secrets: SecretStore,
  q: Queryable,
  ownerId: string,
): Promise<void> {
  for (const kind of [ADMIN_SECRET, passwordSecret('a'), passwordSecret('b')])
    await secrets.remove(q, { ownerId, kind });
}

export function openAdminPassword(secrets: SecretStore, q: Queryable, ownerId: string): Promise<string> {
  return openPassword(secrets, q, ownerId, ADMIN_SECRET);
}

/** The logins of a database with their passwords: two during a rotation. */
export async function openLogins(
  secrets: SecretStore,
  q: Queryable,
  ownerId: string,
): Promise<{ login: string; password: string }[]> {
  const logins = [];
  for (const { slot, login } of await q.query(listDatabaseCredentials, { databaseId: ownerId }))
    logins.push({ login, password: await openPassword(secrets, q, ownerId, passwordSecret(slot)) });
  return logins;
}

/** What services connect with. Undefined until the database has a port. */
export async function openDatabaseUrl(
  secrets: SecretStore,
  q: Queryable,
  { id, port }: Pick<DatabaseRow, 'id' | 'port'>,
): Promise<string | undefined> {
  const [current] = await q.query(findCurrentCredential, { databaseId: id });
  if (port === null || current === undefined) return undefined;
  const password = await openPassword(secrets, q, id, passwordSecret(current.slot));
  return `postgresql://${current.login}:${password}@127.0.0.1:${port}/${DATABASE}`;
}

async function openPassword(
  secrets: SecretStore,
  q: Queryable,
  ownerId: string,
  kind: string,
): Promise<string> {
  const opened = await secrets.open(q, { ownerId, kind });
  if (opened === undefined) throw new TypeError(`database ${ownerId} has no secret ${kind}`);
  return opened.toString('utf8');
}
