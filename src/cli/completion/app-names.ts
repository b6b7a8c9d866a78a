import { fetchBackups } from '../apps/backups.ts';
import { fetchDatabases } from '../apps/databases.ts';
import { fetchEnvironments, fetchServices } from '../apps/resolve-service.ts';
import { fetchVolumes } from '../apps/volumes.ts';
import type { Session } from '../session.ts';
import type { Candidate } from './complete-words.ts';
import type { TypedApp } from './name-kinds.ts';

/** What is completed of applications. */
export const APP_NAMES = {
  async service({ client }: Session, { env, team }: TypedApp): Promise<Candidate[]> {
    const found = await fetchServices(client, { environment: env, team });
    return found.map(({ name, status, environment }) => ({
      value: name,
      description: `${status} in ${environment.name}`,
    }));
  },
  async environment({ client }: Session, { team }: TypedApp): Promise<Candidate[]> {
    const found = await fetchEnvironments(client, { team });
    return found.map(({ name, status, team: of }) => ({ value: name, description: `${status}, ${of}` }));
  },
  async database({ client }: Session, { env, team }: TypedApp): Promise<Candidate[]> {
    const found = await fetchDatabases(client, { environment: env, team });
    return found.map(({ name, status, environment }) => ({
      value: name,
      description: `${status} in ${environment.name}`,
    }));
  },
  async backup({ client }: Session, { env, team }: TypedApp): Promise<Candidate[]> {
    const found = await fetchBackups(client, { environment: env, team });
    return found
      .filter(({ status }) => status === 'AVAILABLE')
      .map(({ id, database, createdAt }) => ({ value: id, description: `${database.name}, ${createdAt}` }));
  },
  async volume({ client }: Session, { env, team }: TypedApp): Promise<Candidate[]> {
    const found = await fetchVolumes(client, { environment: env, team });
    return found.map(({ name, status, environment }) => ({
      value: name,
      description: `${status} in ${environment.name}`,
    }));
  },
  async release(session: Session, typed: TypedApp, signal: AbortSignal): Promise<Candidate[]> {
    const id = await serviceId(session, typed);
    if (id === undefined) return [];
    const params = { path: { id }, query: {} };
    const { data } = await session.client.GET('/v1/app/services/{id}/releases', { params, signal });
    return data.items
      .filter(({ live, available }) => !live && available)
      .map(({ number, createdAt, createdBy }) => ({
        value: String(number),
        description: `${createdAt}, ${createdBy}`,
      }));
  },
  async variable(session: Session, typed: TypedApp, signal: AbortSignal): Promise<Candidate[]> {
    const kind = typed.shared === undefined ? 'services' : 'environments';
    const id =
      typed.shared === undefined
        ? await serviceId(session, typed)
        : (await fetchEnvironments(session.client, { name: typed.shared, team: typed.team }))[0]?.id;
    if (id === undefined) return [];
    const params = { path: { id } };
    const { data } = await session.client.GET(`/v1/app/${kind}/{id}/variables`, { params, signal });
    return data.items.map(({ name }) => ({ value: name }));
  },
};

async function serviceId({ client }: Session, { service, env, team }: TypedApp): Promise<string | undefined> {
  if (service === undefined || service.startsWith('svc_')) return service;
  return (await fetchServices(client, { name: service, environment: env, team }))[0]?.id;
}
