import type { components } from '../../../contract/api.gen.ts';
import type { Tx } from '../db/db.ts';
import { newId } from '../ids.ts';
import { insertNotificationEvent } from './publish.sql.ts';

export interface Notification {
  /** `<resource>.<what happened>`. */
  readonly type: components['schemas']['NotificationEventType'];
  /** Null: of the whole installation; only targets without a team are told. */
  readonly team: string | null;
  /** Id of the resource. */
  readonly subject: string;
  readonly subjectName: string;
  /** Facts for the receiver; never a secret (G15). */
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * Tells every target that wants it, at least once: the deliveries are committed with what happened.
 * @returns the id of the event, which is the same in every delivery
 */
export async function publishNotification(tx: Tx, notification: Notification): Promise<string> {
  const id = newId('evt');
  await tx.query(insertNotificationEvent, { id, ...notification });
  return id;
}
