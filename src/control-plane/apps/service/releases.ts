import type { Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import { listens } from '../policy/service-settings.ts';
import {
  hashOfVariables,
  resolveVariables,
  type StoredVariables,
  UnresolvedVariableError,
  type VariableReference,
  type Variables,
} from '../policy/variables.ts';
import { readBaseUrl } from '../store/edge.sql.ts';
import { insertRelease, type ReleaseRow } from '../store/releases.sql.ts';
import { listServicesOfEnvironment, nextReleaseNumber, type ServiceRow } from '../store/services.sql.ts';
import type { AppServices } from './app-services.ts';
import { putDatabaseUrls, refreshDatabaseUrls, urlsOfDatabases } from './release-databases.ts';
import { readVariables, VARIABLES_SECRET } from './stored-variables.ts';

export interface NewRelease {
  readonly buildId: string;
  /** As `releaseSettings`. */
  readonly settings: unknown;
  readonly createdBy: string;
}

/**
 * A release: build, settings and the values that the variables have now, which are sealed with it (A3).
 * @returns its id
 * @throws AppError POLICY_VIOLATION for a reference that names nothing
 */
export async function createRelease(
  services: Pick<AppServices, 'secrets' | 'newId'>,
  tx: Tx,
  service: ServiceRow,
  { buildId, settings, createdBy }: NewRelease,
): Promise<string> {
  const { variables, databaseUrls } = await variablesOf(services, tx, service);
  return sealRelease(services, tx, service, { buildId, settings, createdBy, variables, databaseUrls });
}

/**
 * The same release with the URLs that its databases have now: a rotation changes nothing else, and a rollback restores no login that
 * was revoked.
 * @returns the id of the release itself when nothing of it is outdated
 * @throws AppError STATE_CONFLICT when a database of it is gone
 */
export async function renewRelease(
  services: Pick<AppServices, 'secrets' | 'newId'>,
  tx: Tx,
  service: ServiceRow,
  { id, number, buildId, settings }: ReleaseRow,
  createdBy: string,
): Promise<string> {
  const sealed = await services.secrets.open(tx, { ownerId: id, kind: VARIABLES_SECRET });
  if (sealed === undefined)
    throw new AppError('STATE_CONFLICT', `The variables of release ${number} of ${service.name} are gone.`);
  const variables = JSON.parse(sealed.toString('utf8')) as Variables;
  const refreshed = await refreshDatabaseUrls(services.secrets, tx, { id, number, service, variables });
  if (refreshed === undefined) return id;
  return sealRelease(services, tx, service, { buildId, settings, createdBy, ...refreshed });
}

async function sealRelease(
  { secrets, newId }: Pick<AppServices, 'secrets' | 'newId'>,
  tx: Tx,
  service: ServiceRow,
  {
    variables,
    databaseUrls,
    ...release
  }: NewRelease & { readonly variables: Variables; readonly databaseUrls: Variables },
): Promise<string> {
  const [next] = await tx.query(nextReleaseNumber, { id: service.id });
  const id = newId('rel');
  await tx.query(insertRelease, {
    ...{ id, serviceId: service.id, number: next?.number ?? 0, ...release },
    variableNames: Object.keys(variables).sort(),
    variablesHash: hashOfVariables(service.id, variables),
  });
  await secrets.put(tx, { ownerId: id, kind: VARIABLES_SECRET }, Buffer.from(JSON.stringify(variables)));
  await putDatabaseUrls(secrets, tx, id, databaseUrls);
  return id;
}

/** Those of the service over those that its environment shares, with their references resolved. */
async function variablesOf(
  { secrets }: Pick<AppServices, 'secrets'>,
  tx: Tx,
  service: ServiceRow,
): Promise<{ variables: Variables; databaseUrls: Variables }> {
  const shared = valuesOf(await readVariables(secrets, tx, service.environmentId));
  const own = valuesOf(await readVariables(secrets, tx, service.id));
  const urls = await urlsOfServices(tx, service.environmentId);
  const databases = await urlsOfDatabases(secrets, tx, service.environmentId, { ...shared, ...own });
  const databaseUrls: Record<string, string> = {};
  const lookUp = ({ kind, name, field }: VariableReference) => {
    if (kind !== 'service' && kind !== 'db')
      return { missing: `unknown kind "${kind}": use shared, service or db` };
    const what = kind === 'db' ? 'database' : 'service';
    const database = kind === 'db' ? databases.get(name) : undefined;
    const url = kind === 'db' ? database?.url : urls.get(name);
    if (database !== undefined) databaseUrls[database.id] = database.url;
    if (url === undefined) return { missing: `the environment has no ${what} ${name} with a URL` };
    return field === 'URL'
      ? url
      : { missing: `a ${what} has no ${field ?? 'value without a field'}: use URL` };
  };
  try {
    return { variables: resolveVariables({ ...shared, ...own }, shared, lookUp), databaseUrls };
  } catch (error) {
    if (!(error instanceof UnresolvedVariableError)) throw error;
    throw new AppError('POLICY_VIOLATION', 'The variables of the service cannot be resolved.', {
      errors: [
        { field: error.variable, code: 'UNRESOLVED', message: error.message.replace(/^variable \S+: /, '') },
      ],
    });
  }
}

function valuesOf(stored: StoredVariables): Variables {
  return Object.fromEntries(Object.entries(stored).map(([name, { value }]) => [name, value]));
}

async function urlsOfServices(tx: Tx, environmentId: string): Promise<Map<string, string>> {
  const [edge] = await tx.query(readBaseUrl, {});
  if (edge === undefined) return new Map();
  const services = await tx.query(listServicesOfEnvironment, { environmentId });
  return new Map(
    services
      .filter(({ kind }) => listens(kind))
      .map(({ name, hostLabel }) => [name, edge.baseUrl.replace('*', hostLabel)]),
  );
}
