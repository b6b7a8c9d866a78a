import type { components } from '../../../contract/api.gen.ts';
import { actingTeams, notFound, readableTeams } from '../../kernel/access/team-access.ts';
import { audit } from '../../kernel/audit/audit.ts';
import type { Caller } from '../../kernel/caller.ts';
import { readDatabaseTime } from '../../kernel/db/clock.sql.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import { hasReference, type StoredVariables } from '../policy/variables.ts';
import { getEnvironment, lockEnvironment } from '../store/environments.sql.ts';
import { getRelease } from '../store/releases.sql.ts';
import { getService } from '../store/services.sql.ts';
import type { AppServices } from './app-services.ts';
import { deployRelease } from './deployments.ts';
import { assertActive } from './environments.ts';
import { findOwnService, lockOwnEnvironment } from './read.ts';
import { createRelease } from './releases.ts';
import { readVariables, VARIABLES_SECRET } from './stored-variables.ts';

type Schemas = components['schemas'];
type Changes = Schemas['AppVariableChanges'];
type Changed = {
  id: string;
  names: string[];
  changed: string[];
  deployment: Schemas['Deployment'] | null;
};

const MAX_VARIABLES = 200;
const MAX_TOTAL_BYTES = 64 * 1024;
/** Given by the runtime. */
const RESERVED = new Set(['PORT']);

/** Names only: values are given to instances, never to callers. */
export async function listVariables(
  { db, secrets }: Pick<AppServices, 'db' | 'secrets'>,
  caller: Caller,
  owner: { readonly kind: 'service' | 'environment'; readonly id: string },
): Promise<{ items: Schemas['AppVariable'][]; nextCursor: null }> {
  const visible = { id: owner.id, teams: readableTeams(caller) };
  const [row] =
    owner.kind === 'service' ? await db.query(getService, visible) : await db.query(getEnvironment, visible);
  if (!row) throw notFound(owner.kind, owner.id);
  const variables = await readVariables(secrets, db, owner.id);
  const items = Object.entries(variables)
    .map(([name, { value, updatedBy, updatedAt }]) => ({
      name,
      isReference: hasReference(value),
      updatedBy,
      updatedAt,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return { items, nextCursor: null };
}

export async function setEnvironmentVariables(
  services: AppServices,
  tx: Tx,
  caller: Caller,
  id: string,
  changes: Changes,
): Promise<Changed> {
  const environment = await lockOwnEnvironment(tx, caller, id);
  assertActive(environment);
  const result = await applyChanges(services, tx, caller, id, changes);
  await auditChange(tx, caller, { team: environment.team, id, name: environment.name }, result);
  return { id, ...result, deployment: null };
}

/** A live service gets a release with the new values at once; another one with its first deploy. */
export async function setServiceVariables(
  services: AppServices,
  tx: Tx,
  caller: Caller,
  id: string,
  changes: Changes,
): Promise<Changed> {
  const service = await findOwnService(tx, caller, id);
  const [environment] = await tx.query(lockEnvironment, {
    id: service.environmentId,
    teams: actingTeams(caller),
  });
  if (!environment) throw notFound('service', id);
  assertActive(environment);
  const result = await applyChanges(services, tx, caller, id, changes);
  await auditChange(tx, caller, { team: service.team, id, name: service.name }, result);
  const [live] =
    service.liveReleaseId === null ? [] : await tx.query(getRelease, { id: service.liveReleaseId });
  if (live === undefined || result.changed.length === 0) return { id, ...result, deployment: null };
  const releaseId = await createRelease(services, tx, service, {
    buildId: live.buildId,
    settings: live.settings,
    createdBy: caller.principal,
  });
  const { deployment } = await deployRelease(services, tx, caller, service, releaseId);
  return { id, ...result, deployment };
}

async function applyChanges(
  { secrets }: Pick<AppServices, 'secrets'>,
  tx: Tx,
  caller: Caller,
  ownerId: string,
  { set = {}, unset = [] }: Changes,
): Promise<{ names: string[]; changed: string[] }> {
  const reserved = Object.keys(set).find((name) => RESERVED.has(name));
  if (reserved !== undefined)
    throw invalid(reserved, 'RESERVED', `${reserved} cannot be set: each instance gets its own value`);
  const before = await readVariables(secrets, tx, ownerId);
  const updatedAt = (await readDatabaseTime(tx)).toISOString();
  const after: StoredVariables = { ...before };
  const changed: string[] = [];
  for (const [name, value] of Object.entries(set)) {
    if (before[name]?.value === value) continue;
    after[name] = { value, updatedBy: caller.principal, updatedAt };
    changed.push(name);
  }
  for (const name of unset) {
    if (after[name] === undefined) continue;
    delete after[name];
    changed.push(name);
  }
  assertBounds(after);
  if (changed.length > 0)
    await secrets.put(tx, { ownerId, kind: VARIABLES_SECRET }, Buffer.from(JSON.stringify(after)));
  return { names: Object.keys(after).sort(), changed: changed.sort() };
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

async function auditChange(
  tx: Tx,
  caller: Caller,
  { team, id, name }: { team: string; id: string; name: string },
  { changed }: { changed: string[] },
): Promise<void> {
  await audit(tx, team, caller, {
    action: 'variables.change',
    target: id,
    status: 'SUCCESS',
    metadata: { name, changed },
  });
}
