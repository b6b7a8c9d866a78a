import type { components } from '../../../contract/api.gen.ts';
import { audit } from '../../kernel/audit/audit.ts';
import type { Caller } from '../../kernel/caller.ts';
import { readDatabaseTime } from '../../kernel/db/clock.sql.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import { hasBrokenReference, type StoredVariables } from '../policy/variables.ts';
import type { AppServices } from './app-services.ts';
import { readVariables, VARIABLES_SECRET } from './stored-variables.ts';

export type VariableChanges = components['schemas']['AppVariableChanges'];

const MAX_VARIABLES = 200;
const MAX_TOTAL_BYTES = 64 * 1024;
/** Given by the runtime. */
const RESERVED = new Set(['PORT']);

/**
 * Seals other values for a service, or for all services of an environment. It is locked.
 * @throws AppError POLICY_VIOLATION
 */
export async function storeVariableChanges(
  { secrets }: Pick<AppServices, 'secrets'>,
  tx: Tx,
  caller: Caller,
  { id: ownerId, name, team }: { readonly id: string; readonly name: string; readonly team: string },
  { set = {}, unset = [] }: VariableChanges,
): Promise<{ names: string[]; changed: string[] }> {
  const reserved = Object.keys(set).find((variable) => RESERVED.has(variable));
  if (reserved !== undefined)
    throw invalid(reserved, 'RESERVED', `${reserved} cannot be set: each instance gets its own value`);
  assertReferences(set);
  const before = await readVariables(secrets, tx, ownerId);
  const updatedAt = (await readDatabaseTime(tx)).toISOString();
  const after: StoredVariables = { ...before };
  const changed: string[] = [];
  for (const [variable, value] of Object.entries(set)) {
    if (Object.hasOwn(before, variable) && before[variable]?.value === value) continue;
    after[variable] = { value, updatedBy: caller.principal, updatedAt };
    changed.push(variable);
  }
  for (const variable of unset) {
    if (!Object.hasOwn(after, variable)) continue;
    delete after[variable];
    changed.push(variable);
  }
  assertBounds(after);
  if (changed.length > 0)
    await secrets.put(tx, { ownerId, kind: VARIABLES_SECRET }, Buffer.from(JSON.stringify(after)));
  changed.sort();
  await audit(tx, team, caller, {
    action: 'variables.change',
    target: ownerId,
    status: 'SUCCESS',
    metadata: { name, changed },
  });
  return { names: Object.keys(after).sort(), changed };
}

function assertReferences(set: Readonly<Record<string, string>>): void {
  const errors = Object.keys(set)
    .filter((name) => hasBrokenReference(set[name] ?? ''))
    .map((name) => ({
      field: name,
      code: 'INVALID_REFERENCE',
      message: `the value of ${name} has a "\${" that begins no reference: use \${service.NAME.URL}, \${db.NAME.URL} or \${shared.NAME}, or write $\${ for the text itself`,
    }));
  if (errors.length > 0)
    throw new AppError('POLICY_VIOLATION', 'The variables cannot be changed.', { errors });
}

function assertBounds(variables: StoredVariables): void {
  const names = Object.keys(variables);
  if (names.length > MAX_VARIABLES)
    throw invalid('set', 'TOO_MANY', `there would be ${names.length} variables; at most ${MAX_VARIABLES}`);
  const bytes = Object.values(variables).reduce((sum, { value }) => sum + Buffer.byteLength(value), 0);
  if (bytes > MAX_TOTAL_BYTES)
    throw invalid(
      'set',
      'TOO_LONG',
      `all values together would have ${bytes} bytes; at most ${MAX_TOTAL_BYTES}`,
    );
}

function invalid(field: string, code: string, message: string): AppError {
  return new AppError('POLICY_VIOLATION', 'The variables cannot be changed.', {
    errors: [{ field, code, message }],
  });
}
