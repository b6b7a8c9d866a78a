import type { ApiClient } from '../../client/api-client.ts';
import { collect } from '../../client/pages.ts';
import { closestMatch } from '../../contract/closest-match.ts';
import type { AppEnvironment, AppService } from '../../contract/documents.ts';
import { CliError } from '../errors/cli-error.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { omitUndefined } from '../flags/flag-values.ts';

export interface ServiceLocation {
  readonly env?: string | undefined;
  readonly team?: string | undefined;
}

/**
 * Finds a service by id or exact name.
 * @throws CliError NOT_FOUND with the closest name, or AMBIGUOUS_NAME if several environments have it
 */
export async function resolveService(
  client: ApiClient,
  reference: string,
  { env, team }: ServiceLocation,
): Promise<AppService> {
  if (/^svc_[0-9a-z]{26}$/.test(reference)) return fetchService(client, reference);
  const found = await fetchServices(client, { name: reference, environment: env, team });
  const [first, ...others] = found;
  if (first === undefined) throw await serviceNotFound(client, reference, { env, team });
  if (others.length === 0) return first;
  throw new CliError(
    'AMBIGUOUS_NAME',
    `the name "${reference}" is ambiguous: ${found.length} services have it`,
    {
      exitCode: EXIT.conflict,
      hint: `choose with --env or --team: ${found.map(({ environment, team: of }) => `${environment.name} (team ${of})`).join(', ')}`,
    },
  );
}

export function fetchServices(
  client: ApiClient,
  filter: { name?: string | undefined; environment?: string | undefined; team?: string | undefined },
): Promise<AppService[]> {
  return collect(async (page) => {
    const params = { query: { ...omitUndefined(filter), ...page } };
    return (await client.GET('/v1/app/services', { params })).data;
  });
}

export async function fetchService(client: ApiClient, id: string, signal?: AbortSignal): Promise<AppService> {
  return (await client.GET('/v1/app/services/{id}', { params: { path: { id } }, signal })).data;
}

async function serviceNotFound(
  client: ApiClient,
  name: string,
  { env, team }: ServiceLocation,
): Promise<CliError> {
  const names = (await fetchServices(client, { environment: env, team })).map((service) => service.name);
  return notFound('service', name, names, "'ocpctl app list' shows the services of your teams");
}

/** Finds an environment by id or exact name. @throws CliError NOT_FOUND or AMBIGUOUS_NAME */
export async function resolveEnvironment(
  client: ApiClient,
  reference: string,
  { team }: { readonly team?: string | undefined },
): Promise<AppEnvironment> {
  if (/^env_[0-9a-z]{26}$/.test(reference))
    return (await client.GET('/v1/app/environments/{id}', { params: { path: { id: reference } } })).data;
  const found = await fetchEnvironments(client, { name: reference, team });
  const [first, ...others] = found;
  if (first === undefined) {
    const names = (await fetchEnvironments(client, { team })).map((environment) => environment.name);
    throw notFound(
      'environment',
      reference,
      names,
      "'ocpctl app env list' shows the environments of your teams",
    );
  }
  if (others.length === 0) return first;
  throw new CliError(
    'AMBIGUOUS_NAME',
    `the name "${reference}" is ambiguous: ${found.length} teams have it`,
    {
      exitCode: EXIT.conflict,
      hint: `choose with --team: ${found.map((environment) => environment.team).join(', ')}`,
    },
  );
}

export function fetchEnvironments(
  client: ApiClient,
  filter: { name?: string | undefined; team?: string | undefined; destroyed?: boolean | undefined },
): Promise<AppEnvironment[]> {
  return collect(async (page) => {
    const params = { query: { ...omitUndefined(filter), ...page } };
    return (await client.GET('/v1/app/environments', { params })).data;
  });
}

function notFound(what: string, name: string, names: readonly string[], otherwise: string): CliError {
  const closest = closestMatch(name, names);
  return new CliError('NOT_FOUND', `${what} "${name}" not found`, {
    exitCode: EXIT.notFound,
    hint: closest === undefined ? otherwise : `did you mean "${closest}"?`,
  });
}
