import type { components } from '../../../contract/api.gen.ts';
import type { Caller } from '../../kernel/caller.ts';
import { AppError } from '../../kernel/errors.ts';
import { shownCommand } from '../builder/plan/command-words.ts';
import type { PlanProblem } from '../builder/plan/plan-result.ts';
import {
  mergeSettings,
  type ServiceSettings,
  type VolumeSettings,
  volumeVariable,
} from '../policy/service-settings.ts';
import { readSource } from '../source/read-source.ts';
import { SourceError } from '../source/source-error.ts';
import { getEnvironmentNamed } from '../store/environments.sql.ts';
import { readHost } from '../store/host.sql.ts';
import { findServiceNamed, type ServiceRow } from '../store/services.sql.ts';
import type { AppServices } from './app-services.ts';
import { assertKind } from './assert-kind.ts';
import { assertVolumeSettings, checkVolume } from './claim-volume.ts';
import { DEFAULT_ENVIRONMENT } from './default-environment.ts';
import { teamOfRequest } from './environments.ts';
import { detailsOf, planSource } from './plan-source.ts';
import { driversSchema } from './read.ts';
import { assertUploaded, readParts } from './uploaded-parts.ts';

type Schemas = components['schemas'];

/** What a deploy would do, and why; nothing is stored. The source is uploaded before. */
export async function planDeployment(
  services: AppServices,
  caller: Caller,
  request: Schemas['DeploymentRequest'],
): Promise<Schemas['DeploymentPlan']> {
  const { db, artifacts, defaults } = services;
  const team = teamOfRequest(request.team, caller);
  const name = request.environment ?? DEFAULT_ENVIRONMENT;
  const [environment] = await db.query(getEnvironmentNamed, { team, name });
  const [service] = environment
    ? await db.query(findServiceNamed, { environmentId: environment.id, name: request.service })
    : [];
  const given: ServiceSettings = request.settings ?? {};
  const settings = mergeSettings(service?.settings ?? {}, given);
  assertKind(service, given);
  const builder = await selectedBuilder(services);
  await assertUploaded(artifacts, team, request.source);
  const files = await readSource(readParts(artifacts, { team, ...request.source }), {
    sha256: request.source.sha256,
  }).catch(rejectSource);
  const planned = planSource(files, settings, builder);
  if (planned.problem) throw notPlanned(planned.problem);
  const { plan, kind } = planned;
  assertVolumeSettings(settings, service?.replicas ?? 1);
  const { volume } = settings;
  const volumeFacts =
    volume === undefined ? [] : await factsOfVolume(db, environment?.id, { service, volume });
  return {
    service: request.service,
    environment: name,
    team,
    createsEnvironment: environment === undefined,
    createsService: service === undefined,
    builder,
    kind: plan.kind,
    steps: plan.steps.map((step) => ({ name: step.name, command: shownCommand(step.argv) })),
    start: shownCommand(plan.start),
    settings: {
      ...settings,
      kind,
      ...(kind === 'cron' ? {} : { replicas: settings.replicas ?? service?.replicas ?? 1 }),
      memoryMb: settings.memoryMb ?? defaults.memoryMb,
      cpus: settings.cpus ?? defaults.cpus,
    },
    strategy: kind === 'cron' ? 'schedule' : volume === undefined ? 'blue-green' : 'recreate',
    facts: [...plan.facts, ...volumeFacts],
  };
}

/** What a volume means for this deploy, its downtime above all. */
async function factsOfVolume(
  db: AppServices['db'],
  environmentId: string | undefined,
  wanted: { readonly service: ServiceRow | undefined; readonly volume: VolumeSettings },
): Promise<Schemas['DeploymentPlan']['facts']> {
  const { service, volume } = wanted;
  const { name, path } = volume;
  const { isNew } = await checkVolume(db, environmentId, service, volume);
  const attached = {
    what: `volume ${name} at ${path}, with the variable ${volumeVariable(name)}`,
    why: isNew ? 'it is created: the environment has none of this name' : 'its data is kept',
  };
  if (service === undefined || service.liveReleaseId === null) return [attached];
  const downtime = {
    what: `downtime: ${service.name} does not serve from the stop of the old instance until the new one answers`,
    why: `one instance at a time has volume ${name}`,
  };
  return [attached, downtime];
}

function notPlanned(problem: PlanProblem): AppError {
  const details = detailsOf(problem);
  const message = (problem.lookedFor.length > 0 ? details : [problem.message, ...details]).join('; ');
  return new AppError('POLICY_VIOLATION', `It cannot be built: ${problem.message}.`, {
    errors: [{ field: 'source', code: 'NOT_PLANNED', message }],
  });
}

async function selectedBuilder({ db }: Pick<AppServices, 'db'>): Promise<string> {
  const [host] = await db.query(readHost, {});
  const drivers = driversSchema.parse(host?.drivers ?? []);
  return drivers.find(({ kind, selected }) => kind === 'builder' && selected)?.name ?? 'host';
}

function rejectSource(error: unknown): never {
  if (!(error instanceof SourceError)) throw error;
  throw new AppError('POLICY_VIOLATION', `The source cannot be used: ${error.message}.`, { cause: error });
}
