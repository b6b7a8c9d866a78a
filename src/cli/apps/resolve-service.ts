import type { ApiClient } from '../../client/api-client.ts';
import { collect } from '../../client/pages.ts';
import type { AppEnvironment, AppService } from '../../contract/documents.ts';
import { omitUndefined } from '../flags/flag-values.ts';
import { locationChoice, onlyMatch } from './only-match.ts';

export interface ServiceLocation {
  readonly env?: string | undefined;
  readonly team?: string | undefined;
}

/** Shows a service, also if other environments have one of its name. */
export function serviceCommand({
  name,
  environment,
}: {
  readonly name: string;
  readonly environment: { readonly name: string };
}): string {
  return `ocpctl app get ${name} --env ${environment.name}`;
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
  return onlyMatch({
    what: 'service',
    name: reference,
    fetch: (name) => fetchServices(client, { name, environment: env, team }),
    listCommand: 'ocpctl app list',
    holders: 'services',
    choiceOf: (match, all) => locationChoice(match, all),
  });
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

/** Finds an environment by id or exact name. @throws CliError NOT_FOUND or AMBIGUOUS_NAME */
export async function resolveEnvironment(
  client: ApiClient,
  reference: string,
  { team }: { readonly team?: string | undefined },
): Promise<AppEnvironment> {
  if (/^env_[0-9a-z]{26}$/.test(reference))
    return (await client.GET('/v1/app/environments/{id}', { params: { path: { id: reference } } })).data;
  return onlyMatch({
    what: 'environment',
    name: reference,
    fetch: (name) => fetchEnvironments(client, { name, team }),
    listCommand: 'ocpctl app env list',
    holders: 'teams',
    choiceOf: (environment) => `--team ${environment.team}`,
  });
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
