import type { AppDeploymentPlan, AppDriverDocument, AppVariableDocument } from '../contract/documents.ts';
import { ageColumn, countText } from './format.ts';
import { type ListView, listDocument, listView, type RecordView, recordView } from './view.ts';

export function variableList(
  variables: readonly AppVariableDocument[],
  now: Date,
): ListView<AppVariableDocument> {
  return listView({
    document: listDocument(variables),
    rows: variables,
    name: ({ name }) => name,
    columns: [
      { header: 'NAME', text: ({ name }) => name },
      { header: 'REFERENCE', text: ({ isReference }) => (isReference ? 'yes' : '') },
      { header: 'BY', text: ({ updatedBy }) => updatedBy },
      ageColumn(({ updatedAt }) => updatedAt, now),
    ],
    whenEmpty: "No variables. To set one: 'ocpctl app var set SERVICE NAME=VALUE'.",
  });
}

export function driverList(drivers: readonly AppDriverDocument[]): ListView<AppDriverDocument> {
  return listView({
    document: listDocument(drivers),
    rows: drivers,
    name: ({ name }) => name,
    columns: [
      { header: 'DRIVER', text: ({ kind, name }) => `${kind} ${name}` },
      {
        header: 'USABLE',
        text: ({ usable }) => (usable ? 'yes' : 'no'),
        style: ({ usable }) => (usable ? 'green' : 'yellow'),
      },
      { header: 'SELECTED', text: ({ selected }) => (selected ? 'yes' : '') },
      {
        header: 'FACTS',
        fit: 'wrap',
        text: ({ facts, remedy }) =>
          [...facts, ...(remedy === null ? [] : [`to use it: ${remedy}`])].join('; '),
      },
    ],
    whenEmpty: 'No host runs applications yet: start a server with the role worker.',
  });
}

const STRATEGIES: Readonly<Record<AppDeploymentPlan['strategy'], string>> = {
  'blue-green': 'new instances serve before the old ones stop',
  recreate: 'recreate: the old instance stops first (downtime)',
  schedule: 'nothing starts now: the next run has the new release',
};

/** What `ocpctl app deploy --plan` prints. */
export function deploymentPlanRecord(plan: AppDeploymentPlan): RecordView {
  const { settings } = plan;
  return recordView({
    document: plan,
    name: plan.service,
    blocks: [
      {
        title: `Plan: ${plan.service}`,
        fields: [
          ['Environment', plan.createsEnvironment ? `${plan.environment} (new)` : plan.environment],
          ['Team', plan.team],
          ['Service', plan.createsService ? 'new' : 'exists'],
          ['Kind', settings.kind ?? 'web'],
          ['Build', `${plan.kind}, by ${plan.builder}`],
          ...plan.steps.map(({ name, command }) => [`  ${name}`, command] as const),
          ['Start', plan.start],
          [
            plan.strategy === 'schedule' ? 'Run' : 'Instances',
            `${plan.strategy === 'schedule' ? 'one at a time' : (settings.replicas ?? 1)}, each ${settings.memoryMb ?? 0} MiB and ${countText(settings.cpus ?? 1, 'CPU')}`,
          ],
          ['Strategy', STRATEGIES[plan.strategy]],
          ...(settings.schedule === undefined
            ? []
            : ([['Schedule', `${settings.schedule} (${settings.timezone ?? 'UTC'})`]] as const)),
          ...(settings.volume === undefined
            ? []
            : ([['Volume', `${settings.volume.name} at ${settings.volume.path}`]] as const)),
        ],
      },
      { title: 'Why', fields: [], lines: plan.facts.map(({ what, why }) => `${what}: ${why}`) },
    ],
  });
}
