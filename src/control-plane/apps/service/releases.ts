import type { Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import {
  hashOfVariables,
  resolveVariables,
  type StoredVariables,
  UnresolvedVariableError,
  type VariableReference,
  type Variables,
} from '../policy/variables.ts';
import { listDatabasesOfEnvironment } from '../store/databases.sql.ts';
import { listLiveEdges } from '../store/edge.sql.ts';
import { insertRelease } from '../store/releases.sql.ts';
import { listServicesOfEnvironment, nextReleaseNumber, type ServiceRow } from '../store/services.sql.ts';
import type { AppServices } from './app-services.ts';
import { openDatabaseUrl } from './database-secrets.ts';
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
  const variables = await variablesOf(services, tx, service);
  const [next] = await tx.query(nextReleaseNumber, { id: service.id });
  const id = services.newId('rel');
  await tx.query(insertRelease, {
    ...{ id, serviceId: service.id, number: next?.number ?? 0, buildId, settings, createdBy },
    variableNames: Object.keys(variables).sort(),
    variablesHash: hashOfVariables(service.id, variables),
  });
  const sealed = Buffer.from(JSON.stringify(variables));
  await services.secrets.put(tx, { ownerId: id, kind: VARIABLES_SECRET }, sealed);
  return id;
}

/** Those of the service over those that its environment shares, with their references resolved. */
async function variablesOf(
  { secrets }: Pick<AppServices, 'secrets'>,
  tx: Tx,
  service: ServiceRow,
): Promise<Variables> {
  const shared = valuesOf(await readVariables(secrets, tx, service.environmentId));
  const own = valuesOf(await readVariables(secrets, tx, service.id));
  const urls = await urlsOfServices(tx, service.environmentId);
  const databases = await urlsOfDatabases(secrets, tx, service.environmentId, { ...shared, ...own });
  const lookUp = ({ kind, name, field }: VariableReference) => {
    if (kind === 'shared') return shared[name] ?? { missing: `the environment shares no variable ${name}` };
    if (kind !== 'service' && kind !== 'db')
      return { missing: `unknown kind "${kind}": use shared, service or db` };
    const what = kind === 'db' ? 'database' : 'service';
    const url = (kind === 'db' ? databases : urls).get(name);
    if (url === undefined) return { missing: `the environment has no ${what} ${name} with a URL` };
    return field === 'URL'
      ? url
      : { missing: `a ${what} has no ${field ?? 'value without a field'}: use URL` };
  };
  try {
    return resolveVariables({ ...shared, ...own }, lookUp);
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

/** Their passwords are opened only for a service that refers to one. */
async function urlsOfDatabases(
  secrets: AppServices['secrets'],
  tx: Tx,
  environmentId: string,
  variables: Variables,
): Promise<Map<string, string>> {
  const urls = new Map<string, string>();
  if (!Object.values(variables).some((value) => value.includes('${db.'))) return urls;
  for (const row of await tx.query(listDatabasesOfEnvironment, { environmentId })) {
    const url = row.status === 'ACTIVE' ? await openDatabaseUrl(secrets, tx, row) : undefined;
    if (url !== undefined) urls.set(row.name, url);
  }
  return urls;
}

async function urlsOfServices(tx: Tx, environmentId: string): Promise<Map<string, string>> {
  const [edge] = await tx.query(listLiveEdges, {});
  if (edge === undefined) return new Map();
  const services = await tx.query(listServicesOfEnvironment, { environmentId });
  return new Map(
    services
      .filter(({ kind }) => kind !== 'worker')
      .map(({ name, hostLabel }) => [name, edge.baseUrl.replace('*', hostLabel)]),
  );
}
