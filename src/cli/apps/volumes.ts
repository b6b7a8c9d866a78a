import type { ApiClient } from '../../client/api-client.ts';
import { collect } from '../../client/pages.ts';
import type { AppVolume, Job } from '../../contract/documents.ts';
import { omitUndefined } from '../flags/flag-values.ts';
import type { Session } from '../session.ts';
import { locationFlags } from './app-flags.ts';
import { awaitAppJob } from './await-app-job.ts';
import { locationChoice, onlyMatch } from './only-match.ts';

export const VOLUME_LOCATION_FLAGS = locationFlags('volume');

interface VolumeLocation {
  readonly env?: string | undefined;
  readonly team?: string | undefined;
}

export function fetchVolumes(
  client: ApiClient,
  filter: { name?: string | undefined; environment?: string | undefined; team?: string | undefined },
): Promise<AppVolume[]> {
  return collect(async (page) => {
    const params = { query: { ...omitUndefined(filter), ...page } };
    return (await client.GET('/v1/app/volumes', { params })).data;
  });
}

/**
 * Finds a volume by id or exact name.
 * @throws CliError NOT_FOUND with the closest name, or AMBIGUOUS_NAME if several environments have it
 */
export async function resolveVolume(
  client: ApiClient,
  reference: string,
  { env: environment, team }: VolumeLocation,
): Promise<AppVolume> {
  if (/^vol_[0-9a-z]{26}$/.test(reference)) return fetchVolume(client, reference);
  return onlyMatch({
    what: 'volume',
    name: reference,
    fetch: (name) => fetchVolumes(client, { name, environment, team }),
    listCommand: 'ocpctl app volume list',
    holders: 'volumes',
    choiceOf: (match, all) => locationChoice(match, all),
  });
}

async function fetchVolume(client: ApiClient, id: string, signal?: AbortSignal): Promise<AppVolume> {
  return (await client.GET('/v1/app/volumes/{id}', { params: { path: { id } }, signal })).data;
}

/** Follows the destroy of a volume to its end. @throws OperationFailedError */
export async function awaitVolumeDestroy(
  session: Session,
  { volume: { id, name, environment }, job }: { readonly volume: AppVolume; readonly job: Job },
  timeoutMs: number,
): Promise<AppVolume> {
  return awaitAppJob(session, job, {
    name,
    timeoutMs,
    hint: `to try again: 'ocpctl app volume destroy ${name} --env ${environment.name} --confirm ${name}'`,
    fetch: (signal) => fetchVolume(session.client, id, signal),
  });
}
