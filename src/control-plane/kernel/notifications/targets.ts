import { randomBytes } from 'node:crypto';
import { audit, PLATFORM_STREAM } from '../audit/audit.ts';
import type { Caller } from '../caller.ts';
import type { Queryable, Tx } from '../db/db.ts';
import { AppError } from '../errors.ts';
import { newId } from '../ids.ts';
import type { SecretStore } from '../secrets/secret-store.ts';
import { type AllowedNetworks, urlProblem } from './address-filter.ts';
import { parseTopicArn } from './aws/sns.ts';
import { deleteTarget, getTarget, insertTarget, type TargetRow } from './targets.sql.ts';

/** Kinds of the sealed secrets of a target. */
export const TARGET_URL = 'notification-url';
const SIGNING_SECRET = 'notification-signing-secret';

const SIGNING_BYTES = 32;

export interface NewTarget {
  readonly name: string;
  readonly kind: 'webhook' | 'slack' | 'sns';
  /** Of a webhook; the ARN of a topic. */
  readonly url: string;
  /** Undefined: events of all teams and of the installation. */
  readonly team?: string | undefined;
  /** Undefined: every type. */
  readonly eventTypes?: readonly string[] | undefined;
}

/** @throws AppError POLICY_VIOLATION for an address that no event may be sent to */
export function assertAddress(
  { kind, url }: Pick<NewTarget, 'kind' | 'url'>,
  allowed: AllowedNetworks,
): void {
  const problem = addressProblem(kind, url, allowed);
  if (problem === undefined) return;
  throw new AppError('POLICY_VIOLATION', `Invalid address of the notification target: it ${problem}.`, {
    errors: [{ field: 'url', code: 'INVALID', message: problem }],
  });
}

function addressProblem(kind: NewTarget['kind'], url: string, allowed: AllowedNetworks): string | undefined {
  if (kind === 'sns') return parseTopicArn(url) === undefined ? 'must be the ARN of an SNS topic' : undefined;
  return URL.canParse(url) ? urlProblem(new URL(url), allowed) : 'must be an https URL';
}

/** Adds a target in the caller's transaction, with its audit event. Its address and signing secret are sealed. */
export async function addTarget(
  tx: Tx,
  secrets: SecretStore,
  caller: Caller,
  { name, kind, url, team, eventTypes = [] }: NewTarget,
): Promise<TargetRow> {
  const address = kind === 'sns' ? url : new URL(url).host;
  const [target] = await tx.query(insertTarget, {
    ...{ id: newId('ntf'), name, kind, address, team: team ?? null },
    ...{ eventTypes: [...eventTypes], createdBy: caller.principal },
  });
  if (!target)
    throw new AppError(
      'STATE_CONFLICT',
      `A notification target named "${name}" already exists; remove it first, or choose another name.`,
    );
  const ownerId = target.id;
  await secrets.put(tx, { ownerId, kind: TARGET_URL }, Buffer.from(url));
  if (kind === 'webhook') {
    const secret = `whsec_${randomBytes(SIGNING_BYTES).toString('base64')}`;
    await secrets.put(tx, { ownerId, kind: SIGNING_SECRET }, Buffer.from(secret));
  }
  await audit(tx, PLATFORM_STREAM, caller, {
    action: 'notification.target.add',
    target: ownerId,
    status: 'SUCCESS',
    metadata: { name, kind, address, team: target.team, eventTypes: target.eventTypes },
  });
  return target;
}

/** The secret that a receiver verifies webhooks with; undefined for a target that is not signed for. */
export async function readSigningSecret(
  db: Queryable,
  secrets: SecretStore,
  ownerId: string,
): Promise<string | undefined> {
  return (await secrets.open(db, { ownerId, kind: SIGNING_SECRET }))?.toString('utf8');
}

/** @throws AppError NOT_FOUND */
export async function findTarget(db: Queryable, idOrName: string): Promise<TargetRow> {
  const [target] = await db.query(getTarget, { idOrName });
  if (!target) throw new AppError('NOT_FOUND', `Notification target "${idOrName}" not found.`);
  return target;
}

/** Removes a target with its deliveries and secrets. */
export async function removeTarget(
  tx: Tx,
  secrets: SecretStore,
  caller: Caller,
  idOrName: string,
): Promise<TargetRow> {
  const target = await findTarget(tx, idOrName);
  for (const kind of [TARGET_URL, SIGNING_SECRET]) await secrets.remove(tx, { ownerId: target.id, kind });
  await audit(tx, PLATFORM_STREAM, caller, {
    action: 'notification.target.remove',
    target: target.id,
    status: 'SUCCESS',
    metadata: { name: target.name },
  });
  // Last, because it waits for events that are being published.
  await tx.query(deleteTarget, { id: target.id });
  return target;
}
