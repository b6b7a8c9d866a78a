import type { components } from '../../../contract/api.gen.ts';
import { actingTeams, notFound, readableTeams } from '../../kernel/access/team-access.ts';
import type { Caller } from '../../kernel/caller.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { releaseSettings } from '../policy/service-settings.ts';
import { hasReference } from '../policy/variables.ts';
import { lockOpenDeployment } from '../store/deployments.sql.ts';
import { getEnvironment, lockEnvironment } from '../store/environments.sql.ts';
import { getRelease } from '../store/releases.sql.ts';
import { getService } from '../store/services.sql.ts';
import type { AppServices } from './app-services.ts';
import { deployRelease } from './deployments.ts';
import { assertActive } from './environments.ts';
import { findOwnService, lockOwnEnvironment, readDeployment } from './read.ts';
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
  if (result.changed.length === 0) return { id, ...result, deployment: null };
  const [open] = await tx.query(lockOpenDeployment, { serviceId: id });
  // Its release is made when it is built, with the values of that time.
  if (open !== undefined && open.releaseId === null)
    return { id, ...result, deployment: await readDeployment(tx, open.id, null) };
  // What is being deployed, not what it replaces: its build would be undone by the old one otherwise.
  const baseId = open?.releaseId ?? service.liveReleaseId;
  const [base] = baseId === null ? [] : await tx.query(getRelease, { id: baseId });
  if (base === undefined) return { id, ...result, deployment: null };
  const releaseId = await createRelease(services, tx, service, {
    buildId: base.buildId,
    settings: base.settings,
    createdBy: caller.principal,
  });
  const { given: settings } = releaseSettings.parse(base.settings);
  const change = { releaseId, reason: 'variables', settings } as const;
  const { deployment } = await deployRelease(services, tx, caller, service, change);
  return { id, ...result, deployment };
}
