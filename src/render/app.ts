import type { AppDeployment, AppRelease, AppService } from '../contract/documents.ts';
import { appCostText } from './app-cost.ts';
import { lastRunText } from './app-run.ts';
import { APP_STATUS_STYLES, appStatusColumn } from './app-status.ts';
import { ageColumn, countText, longTime, relativeTime } from './format.ts';
import { type Block, type ListView, listDocument, listView, type RecordView, recordView } from './view.ts';

/** The table of `ocpctl app list`. */
export function serviceList(services: readonly AppService[], now: Date): ListView<AppService> {
  return listView({
    document: listDocument(services),
    rows: services,
    name: ({ name }) => name,
    columns: [
      { header: 'NAME', text: ({ name }) => name },
      { header: 'ENV', fit: 'whole', text: ({ environment }) => environment.name },
      {
        ...appStatusColumn<AppService>(({ status }) => status),
        text: listedStatus,
        exact: ({ status }) => status,
      },
      { header: 'READY', text: readyText, align: 'right' },
      {
        header: 'RELEASE',
        fit: 'whole',
        text: ({ release }) => (release === null ? '' : String(release)),
        align: 'right',
      },
      { header: 'URL', fit: 'never', text: ({ url }) => url ?? '' },
      { ...ageColumn<AppService>(({ createdAt }) => createdAt, now), fit: 'whole' },
      { header: 'KIND', text: ({ kind }) => kind, wide: true },
      {
        header: 'NEXT RUN',
        text: ({ schedule }) => (schedule?.nextRunAt ? relativeTime(schedule.nextRunAt, now) : ''),
        exact: ({ schedule }) => schedule?.nextRunAt ?? '',
        wide: true,
      },
      { header: 'TEAM', text: ({ team }) => team, wide: true },
      { header: 'ID', text: ({ id }) => id, wide: true },
    ],
    whenEmpty: "No services. To deploy one: 'ocpctl app deploy ./DIR'.",
  });
}

/** The result of `ocpctl app get`, and of what changes a service. @param metrics blocks with its figures */
export function serviceRecord(service: AppService, now: Date, metrics: readonly Block[] = []): RecordView {
  const { deployment, instances, environment } = service;
  if (service.status === 'DESTROYED') return destroyedRecord(service);
  const { volume } = service.settings;
  return recordView({
    document: service,
    name: service.name,
    blocks: [
      {
        title: service.name,
        fields: [
          ['Status', service.status, APP_STATUS_STYLES[service.status]],
          ['URL', service.url ?? '-'],
          ['Environment', environment.name],
          ['Team', service.team],
          ['Kind', service.kind],
          ...(volume === undefined ? [] : [['Volume', `${volume.name} at ${volume.path}`] as const]),
          ['Release', releaseText(service)],
          ['Cost (estimate)', appCostText(service.cost)],
          ...(service.schedule === null
            ? [['Instances', `${service.ready} of ${service.replicas} ready`] as const]
            : scheduleFields(service, now)),
          ...restartFields(service, now),
          ['Id', service.id],
        ],
      },
      ...(instances.length === 0
        ? []
        : [
            {
              title: `Instances (${instances.length})`,
              fields: [],
              lines: instances.map(
                ({ id, release, replica, state, serving, startedAt, exit }) =>
                  `${id}  release ${release}, replica ${replica}: ${exit === null ? state : `${state} (${exit})`}${serving ? ', serving' : ''}${startedAt === null ? '' : `, started ${relativeTime(startedAt, now)}`}`,
              ),
            },
          ]),
      ...metrics,
      ...(deployment === null ? [] : [deploymentBlock(deployment, now)]),
    ],
  });
}

/** Nothing of it runs, so that nothing else is true of it. */
function destroyedRecord(service: AppService): RecordView {
  const { name, status, environment } = service;
  const fields = [
    ['Status', status, APP_STATUS_STYLES[status]],
    ['Environment', environment.name],
  ] as const;
  return recordView({ document: service, name, blocks: [{ title: name, fields }] });
}

/** A deployment that failed leaves the release before live, and so does a run: its status alone would not say so. */
function listedStatus({ status, deployment, schedule }: AppService): string {
  if (status !== 'LIVE') return status;
  if (deployment?.state === 'FAILED') return 'LIVE, last deploy failed';
  return schedule?.lastRun?.state === 'FAILED' ? 'LIVE, last run failed' : status;
}

/** Of a cron service, whether it runs now. */
function readyText({ ready, replicas, schedule, instances }: AppService): string {
  if (schedule === null) return `${ready}/${replicas}`;
  return instances.some(({ state }) => state === 'RUNNING') ? 'runs' : '-';
}

/** Of a cron service: when it runs, and how its last run ended. */
function scheduleFields({ settings, schedule }: AppService, now: Date): Block['fields'] {
  const { nextRunAt, lastRun } = schedule ?? { nextRunAt: null, lastRun: null };
  return [
    ['Schedule', `${settings.schedule ?? '-'} (${settings.timezone ?? 'UTC'})`],
    ['Next run', nextRunAt === null ? '-' : longTime(nextRunAt, now)],
    lastRun === null
      ? ['Last run', 'none yet']
      : ['Last run', lastRunText(lastRun, now), APP_STATUS_STYLES[lastRun.state]],
  ];
}

/** What is done about instances that ended by themselves. */
function restartFields({ name, restart }: AppService, now: Date): (readonly [string, string, 'red'])[] {
  if (restart === null) return [];
  const ended = `${countText(restart.exits, 'exit')} in ten minutes`;
  const next =
    restart.nextAt === null
      ? `not started again until 'ocpctl app restart ${name}' or a deploy`
      : `next start ${relativeTime(restart.nextAt, now)}`;
  return [['Restarts', `${ended}, ${next}; 'ocpctl app logs ${name} --tail 20' shows the last lines`, 'red']];
}

function releaseText({ release, pinned }: AppService): string {
  if (release === null) return 'none yet';
  return pinned ? `${release}, pinned by a rollback` : String(release);
}

function deploymentBlock(
  { number, state, reason, failure, steps, downtimeSeconds, createdAt, requestedBy }: AppDeployment,
  now: Date,
) {
  return {
    title: `Last deployment: ${number}`,
    fields: [
      ['State', state, APP_STATUS_STYLES[state]] as const,
      ['Reason', `${reason} by ${requestedBy}, ${relativeTime(createdAt, now)}`] as const,
      ...(steps.length === 0 ? [] : [['Steps', stepsText(steps)] as const]),
      ...(downtimeSeconds === null ? [] : [['Downtime', `${downtimeSeconds.toFixed(1)} s`] as const]),
      ...(failure === null
        ? []
        : [['Failure', `${failure.message} (${failure.code}, while ${failure.step})`, 'red'] as const]),
    ],
    lines: failure === null ? [] : failure.log.map((line) => `│ ${line}`),
  };
}

function stepsText(steps: AppDeployment['steps']): string {
  return steps
    .map(({ step, seconds }) => (seconds === null ? `${step} …` : `${step} ${seconds.toFixed(1)} s`))
    .join(', ');
}

export function releaseList(releases: readonly AppRelease[], now: Date): ListView<AppRelease> {
  return listView({
    document: listDocument(releases),
    rows: releases,
    name: ({ number }) => String(number),
    columns: [
      { header: 'RELEASE', text: ({ number }) => String(number), align: 'right' },
      appStatusColumn(({ live, state }) => (live ? 'LIVE' : state)),
      { header: 'REASON', text: ({ reason }) => reason },
      { header: 'BUILD', text: ({ buildDigest }) => buildDigest.replace('sha256:', '').slice(0, 12) },
      { header: 'VARIABLES', text: ({ variables }) => String(variables.length), align: 'right' },
      { header: 'ROLLBACK', text: rollbackText },
      { header: 'BY', text: ({ createdBy }) => createdBy },
      ageColumn(({ createdAt }) => createdAt, now),
    ],
    whenEmpty: 'No releases: nothing was deployed yet.',
  });
}

/** Whether the release can be rolled back to: one that never served would fail again. */
function rollbackText({ live, wasLive, available }: AppRelease): string {
  if (live) return '';
  if (!wasLive) return 'never live';
  return available ? 'possible' : 'build removed';
}
