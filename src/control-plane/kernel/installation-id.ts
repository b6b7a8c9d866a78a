import type { Queryable } from './db/db.ts';
import type { NewId } from './ids.ts';
import { getInstallationId, insertInstallationId } from './installation-id.sql.ts';

/** The id of this installation, the same for all servers of a database. It is made by the first of them. */
export async function ensureInstallationId(db: Queryable, newId: NewId): Promise<string> {
  const [known] = await db.query(getInstallationId, {});
  if (known) return known.id;
  await db.query(insertInstallationId, { id: newId('ins') });
  // Of two servers that start at once, both read the id that was inserted first.
  const [made] = await db.query(getInstallationId, {});
  if (!made) throw new TypeError('inserting the id of the installation left no row');
  return made.id;
}
