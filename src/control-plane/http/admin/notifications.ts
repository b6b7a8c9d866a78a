import * as z from 'zod';
import type { components } from '../../../contract/api.gen.ts';
import { authorizedByRole, type HandlersOf, query } from '../../kernel/api/handler.ts';
import { audit, PLATFORM_STREAM } from '../../kernel/audit/audit.ts';
import type { Caller } from '../../kernel/caller.ts';
import type { Db, Queryable, Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { newTeamWarningsField } from '../../kernel/jobs/team-warnings.ts';
import { Listing } from '../../kernel/listing.ts';
import type { AllowedNetworks } from '../../kernel/notifications/address-filter.ts';
import {
  type DeliveryRow,
  insertTestDelivery,
  pageDeliveries,
  replayDeliveries,
} from '../../kernel/notifications/deliveries.sql.ts';
import { enableTarget, pageTargets, type TargetRow } from '../../kernel/notifications/targets.sql.ts';
import {
  addTarget,
  assertAddress,
  findTarget,
  readSigningSecret,
  removeTarget,
} from '../../kernel/notifications/targets.ts';
import type { SecretStore } from '../../kernel/secrets/secret-store.ts';

type Schemas = components['schemas'];

type NotificationOperation =
  | 'listNotificationTargets'
  | 'addNotificationTarget'
  | 'removeNotificationTarget'
  | 'testNotificationTarget'
  | 'replayNotifications'
  | 'listNotificationDeliveries';

export interface NotificationOptions {
  readonly db: Db;
  readonly secrets: SecretStore;
  readonly allowedNetworks: AllowedNetworks;
}

const PAGE = 50;
const TARGETS = new Listing('notification-targets', z.string().max(63));
const DELIVERIES = new Listing('notification-deliveries', z.tuple([z.string().max(40), z.string().max(40)]));

/** Targets of notifications, and the deliveries to them. */
export function notificationHandlers(options: NotificationOptions): HandlersOf<NotificationOperation> {
  const { db, secrets, allowedNetworks } = options;
  return {
    listNotificationTargets: query(async ({ caller, query: { limit = PAGE, cursor } }) => {
      const afterName = TARGETS.decodeCursor(cursor, caller.principal) ?? '';
      const rows = await db.query(pageTargets, { afterName, limit: limit + 1 });
      const page = TARGETS.page(rows, limit, caller.principal, ({ name }) => name);
      return { items: page.rows.map(presentTarget), nextCursor: page.nextCursor };
    }),
    addNotificationTarget: {
      kind: 'command',
      action: 'notification.target.add',
      status: 201,
      authorizeReplay: authorizedByRole,
      preview: ({ query, body }) => (query.dryRun ? plan(db, body, allowedNetworks) : undefined),
      run: async (tx, { caller, body }) => {
        assertAddress(body, allowedNetworks);
        const warnings = await newTeamWarningsField(tx, body.team);
        return { target: presentTarget(await addTarget(tx, secrets, caller, body)), ...warnings };
      },
      complete: (caller, answer, replayed) =>
        withSigningSecret(options, caller, answer as { target: Schemas['NotificationTarget'] }, replayed),
    },
    removeNotificationTarget: {
      kind: 'command',
      action: 'notification.target.remove',
      status: 200,
      authorizeReplay: authorizedByRole,
      preview: ({ path, query }) =>
        query.dryRun ? findTarget(db, path.target).then(presentTarget) : undefined,
      run: async (tx, { caller, path }) =>
        presentTarget(await removeTarget(tx, secrets, caller, path.target)),
    },
    testNotificationTarget: {
      kind: 'command',
      action: 'notification.target.test',
      status: 202,
      authorizeReplay: authorizedByRole,
      run: (tx, { caller, path }) => sendTest(tx, caller, path.target),
    },
    replayNotifications: {
      kind: 'command',
      action: 'notification.replay',
      status: 200,
      authorizeReplay: authorizedByRole,
      run: (tx, { caller, path, body }) => replay(tx, caller, path.target, body.eventIds ?? null),
    },
    listNotificationDeliveries: query(async ({ caller, query }) => {
      const { limit = PAGE, cursor, status = null, event: eventId = null, target } = query;
      const targetId = target === undefined ? null : (await findTarget(db, target)).id;
      const [beforeEvent, beforeTarget] = DELIVERIES.decodeCursor(cursor, caller.principal) ?? [null, ''];
      const rows = await db.query(pageDeliveries, {
        ...{ beforeEvent, beforeTarget, targetId, status, eventId, limit: limit + 1 },
      });
      const page = DELIVERIES.page(rows, limit, caller.principal, (row) => [row.eventId, row.targetId]);
      return { items: page.rows.map(presentDelivery), nextCursor: page.nextCursor };
    }),
  };
}

async function plan(
  db: Queryable,
  body: Schemas['NotificationTargetRequest'],
  allowed: AllowedNetworks,
): Promise<Schemas['NotificationTargetPlan']> {
  assertAddress(body, allowed);
  const { name, kind, team = null, eventTypes = [] } = body;
  return { name, kind, team, eventTypes, ...(await newTeamWarningsField(db, body.team)) };
}

async function withSigningSecret(
  { db, secrets }: NotificationOptions,
  caller: Caller,
  answer: { target: Schemas['NotificationTarget'] },
  replayed: boolean,
): Promise<Schemas['NewNotificationTarget']> {
  if (replayed) {
    // The first response was lost. That its secret is sent once more is audited before it is sent.
    await audit(db, PLATFORM_STREAM, caller, {
      action: 'notification.target.reveal',
      target: answer.target.id,
      status: 'SUCCESS',
      metadata: { name: answer.target.name },
    });
  }
  return { ...answer, signingSecret: (await readSigningSecret(db, secrets, answer.target.id)) ?? null };
}

async function sendTest(tx: Tx, caller: Caller, idOrName: string): Promise<Schemas['NotificationDelivery']> {
  const target = await findTarget(tx, idOrName);
  await tx.query(enableTarget, { id: target.id });
  const eventId = newId('evt');
  const data = { reason: `test requested by ${caller.principal}` };
  await tx.query(insertTestDelivery, { eventId, targetId: target.id, data });
  await audit(tx, PLATFORM_STREAM, caller, {
    action: 'notification.target.test',
    target: target.id,
    status: 'SUCCESS',
    metadata: { name: target.name, eventId },
  });
  return presentDelivery(await readDelivery(tx, eventId, target.id));
}

async function readDelivery(tx: Queryable, eventId: string, targetId: string): Promise<DeliveryRow> {
  const [row] = await tx.query(pageDeliveries, {
    ...{ beforeEvent: null, beforeTarget: '', targetId, status: null, eventId, limit: 1 },
  });
  if (!row) throw new TypeError(`the delivery of ${eventId} to ${targetId} was not stored`);
  return row;
}

async function replay(tx: Tx, caller: Caller, idOrName: string, eventIds: string[] | null) {
  const { id: targetId } = await findTarget(tx, idOrName);
  await tx.query(enableTarget, { id: targetId });
  const [result] = await tx.query(replayDeliveries, { targetId, eventIds });
  const replayed = result?.count ?? 0;
  if (eventIds !== null && replayed < new Set(eventIds).size) {
    const message = `Notification target ${idOrName} has no delivery of ${eventIds.length === 1 ? `event ${eventIds[0]}` : `some of the events ${eventIds.join(', ')}`}.`;
    throw new AppError('NOT_FOUND', message);
  }
  await audit(tx, PLATFORM_STREAM, caller, {
    action: 'notification.replay',
    target: targetId,
    status: 'SUCCESS',
    metadata: { replayed, ...(eventIds === null ? {} : { eventIds }) },
  });
  return { target: presentTarget(await findTarget(tx, targetId)), replayed };
}

function presentTarget(row: TargetRow): Schemas['NotificationTarget'] {
  return {
    ...row,
    kind: row.kind as Schemas['NotificationTargetKind'],
    eventTypes: row.eventTypes as Schemas['NotificationEventType'][],
    createdAt: row.createdAt.toISOString(),
    disabledAt: row.disabledAt?.toISOString() ?? null,
  };
}

function presentDelivery(row: DeliveryRow): Schemas['NotificationDelivery'] {
  const status = row.status as Schemas['NotificationDeliveryStatus'];
  return {
    ...row,
    status,
    at: row.at.toISOString(),
    lastAt: row.lastAt?.toISOString() ?? null,
    nextAt: status === 'PENDING' ? row.nextAt.toISOString() : null,
  };
}
