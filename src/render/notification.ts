import type {
  NewNotificationTarget,
  NotificationDelivery,
  NotificationTarget,
  NotificationTargetPlan,
} from '../contract/documents.ts';
import { ageColumn } from './format.ts';
import {
  type ListView,
  listDocument,
  listView,
  type RecordView,
  recordView,
  type TableColumn,
} from './view.ts';

const NAME: TableColumn<NotificationTargetPlan> = { header: 'NAME', text: ({ name }) => name };
const KIND: TableColumn<NotificationTargetPlan> = { header: 'KIND', text: ({ kind }) => kind };
const SCOPE: readonly TableColumn<NotificationTargetPlan>[] = [
  { header: 'TEAM', text: ({ team }) => team ?? 'all', exact: ({ team }) => team ?? '' },
  {
    header: 'EVENTS',
    text: ({ eventTypes }) => eventsText(eventTypes),
    exact: ({ eventTypes }) => eventTypes.join(' '),
  },
];
const TARGET: readonly TableColumn<NotificationTarget>[] = [
  NAME,
  KIND,
  { header: 'ADDRESS', fit: 'first', text: ({ address }) => address },
  ...SCOPE,
];

/** The table of `ocpctl admin notifications list`. */
export function targetList(targets: readonly NotificationTarget[], now: Date): ListView<NotificationTarget> {
  return listView({
    document: listDocument(targets),
    rows: targets,
    columns: [
      ...TARGET,
      {
        header: 'STATUS',
        text: ({ disabledReason }) => (disabledReason === null ? 'enabled' : `disabled (${disabledReason})`),
        exact: ({ disabledReason }) => (disabledReason === null ? 'enabled' : 'disabled'),
        style: ({ disabledReason }) => (disabledReason === null ? undefined : 'red'),
      },
      ageColumn(({ createdAt }) => createdAt, now),
      { header: 'ID', text: ({ id }) => id, wide: true },
      { header: 'CREATED BY', text: ({ createdBy }) => createdBy, wide: true },
    ],
    name: ({ name }) => name,
    whenEmpty: "No targets. 'ocpctl admin notifications add --help' shows how to add one.",
  });
}

/** The result of `notifications add`, the only one that shows the secret. */
export function newTargetRecord(created: NewNotificationTarget): RecordView {
  const { target, signingSecret } = created;
  return recordView({
    document: created,
    name: target.name,
    blocks: [
      {
        title: 'Notification target',
        fields: [
          ['Name', target.name],
          ['Kind', target.kind],
          ['Address', target.address],
          ['Team', target.team ?? 'all'],
          ['Events', eventsText(target.eventTypes)],
          ...(signingSecret === null ? [] : [['Signing secret', signingSecret] as const]),
        ],
      },
    ],
  });
}

/** The result of `notifications add --dry-run`. */
export function targetPlan(plan: NotificationTargetPlan): ListView<NotificationTargetPlan> {
  return listView({
    document: plan,
    rows: [plan],
    columns: [NAME, { header: 'CHANGE', text: () => 'WOULD ADD' }, KIND, ...SCOPE],
    name: ({ name }) => name,
  });
}

/** The result of `notifications remove`. */
export function targetChange(target: NotificationTarget, change: string): ListView<NotificationTarget> {
  return listView({
    document: target,
    rows: [target],
    columns: [...TARGET, { header: 'CHANGE', text: () => change }],
    name: ({ name }) => name,
  });
}

/** The table of `notifications deliveries`, and the result of `notifications test`. */
export function deliveryList(
  deliveries: readonly NotificationDelivery[],
  now: Date,
): ListView<NotificationDelivery> {
  return listView({
    document: listDocument(deliveries),
    rows: deliveries,
    columns: [
      { header: 'EVENT', text: ({ eventId }) => eventId },
      { header: 'TYPE', text: ({ type }) => type },
      { header: 'SUBJECT', text: ({ subjectName }) => subjectName },
      { header: 'TARGET', text: ({ targetName }) => targetName },
      { header: 'STATUS', text: ({ status }) => status, style: ({ status }) => STYLES[status] },
      { header: 'ATTEMPTS', text: ({ attempts }) => String(attempts), align: 'right' },
      { header: 'RESULT', text: ({ lastResult }) => lastResult ?? '' },
      ageColumn(({ at }) => at, now),
      { header: 'NEXT ATTEMPT', text: ({ nextAt }) => nextAt ?? '', wide: true },
      { header: 'TEAM', text: ({ team }) => team ?? '', wide: true },
    ],
    name: ({ eventId }) => eventId,
    whenEmpty: "No deliveries. 'ocpctl admin notifications test TARGET' makes one.",
  });
}

const STYLES = { PENDING: undefined, DELIVERED: 'green', FAILED: 'red' } as const;

/** The result of `notifications replay`. */
export function replayResult(result: {
  target: NotificationTarget;
  replayed: number;
}): ListView<typeof result> {
  return listView({
    document: result,
    rows: [result],
    columns: [
      { header: 'TARGET', text: ({ target }) => target.name },
      { header: 'SENT AGAIN', text: ({ replayed }) => String(replayed), align: 'right' },
    ],
    name: ({ target }) => target.name,
  });
}

function eventsText(types: readonly string[]): string {
  return types.length === 0 ? 'all' : types.join(', ');
}
