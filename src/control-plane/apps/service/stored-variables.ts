import type { Queryable } from '../../kernel/db/db.ts';
import type { SecretStore } from '../../kernel/secrets/secret-store.ts';
import { type StoredVariables, storedVariables } from '../policy/variables.ts';

/** Kind of the secret that has the variables of a service, environment or release. */
export const VARIABLES_SECRET = 'variables';

/** Those of a service or environment, with who changed them. */
export async function readVariables(
  secrets: SecretStore,
  db: Queryable,
  ownerId: string,
): Promise<StoredVariables> {
  const sealed = await secrets.open(db, { ownerId, kind: VARIABLES_SECRET });
  return sealed === undefined ? {} : storedVariables.parse(JSON.parse(sealed.toString('utf8')));
}
