import type { components } from '../../../contract/api.gen.ts';
import { actingTeams, notFound, readableTeams } from '../../kernel/access/team-access.ts';
import type { Caller } from '../../kernel/caller.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { hasReference } from '../policy/variables.ts';
import { getEnvironment, lockEnvironment } from '../store/environments.sql.ts';
import { getRelease } from '../store/releases.sql.ts';
import { getService } from '../store/services.sql.ts';
import type { AppServices } from './app-services.ts';
import { deployRelease } from './deployments.ts';
import { assertActive } from './environments.ts';
import { findOwnService, lockOwnEnvironment } from './read.ts';
import { createRelease } from './releases.ts';
import { storeVariableChanges, type VariableChanges } from './store-variable-changes.ts';
import { readVariables } from './stored-variables.ts';

type Schemas = components['schemas'];
type Changed = {
  id: string;
  names: string[];
  changed: string[];
  deployment: Schemas['Deployment'] | null;
};

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
  changes: VariableChanges,
): Promise<Changed> {
  const environment = await lockOwnEnvironment(tx, caller, id);
  assertActive(environment);
  const result = await storeVariableChanges(services, tx, caller, environment, changes);
  return { id, ...result, deployment: null };
}

/** A live service gets a release with the new values at once; another one with its first deploy. */
export async function setServiceVariables(
  services: AppServices,
  tx: Tx,
  caller: Caller,
  id: string,
  changes: VariableChanges,
): Promise<Changed> {
  const service = await findOwnService(tx, caller, id);
  const [environment] = await tx.query(lockEnvironment, {
    id: service.environmentId,
    teams: actingTeams(caller),
  });
  if (!environment) throw notFound('service', id);
  assertActive(environment);
  const result = await storeVariableChanges(services, tx, caller, service, changes);
  const [live] =
    service.liveReleaseId === null ? [] : await tx.query(getRelease, { id: service.liveReleaseId });
  if (live === undefined || result.changed.length === 0) return { id, ...result, deployment: null };
  const releaseId = await createRelease(services, tx, service, {
    buildId: live.buildId,
    settings: live.settings,
    createdBy: caller.principal,
  });
  const { deployment } = await deployRelease(services, tx, caller, service, {
    releaseId,
    reason: 'variables',
  });
  return { id, ...result, deployment };
}
