import type { Tx } from '../../kernel/db/db.ts';
import { publishServiceEvent } from '../service/notifications.ts';
import { advanceGeneration } from '../store/edge.sql.ts';
import { countRecentExits } from '../store/instances.sql.ts';
import { lockService, setCrashed, setRestart } from '../store/services.sql.ts';

/** P24: 1, 2, 4 … 300 s until instances that ended are started again. */
const MAX_BACKOFF_SECONDS = 300;
/** P24: a service whose instances end more often in ten minutes has crashed. */
const MAX_EXITS = 5;

/**
 * Says when instances of the live release that ended are started again, or gives up.
 * @param releaseId undefined: of the live one, whichever it is
 * @param failedRestarts in a row: what cannot be started ends nothing, so that there are no exits to count
 */
export async function planRestart(
  tx: Tx,
  serviceId: string,
  { releaseId, failedRestarts = 0 }: { readonly releaseId?: string; readonly failedRestarts?: number },
): Promise<void> {
  const [service] = await tx.query(lockService, { id: serviceId, teams: null });
  const live = service?.liveReleaseId ?? null;
  if (live === null || service?.status !== 'ACTIVE' || (releaseId ?? live) !== live) return;
  const [recent] = await tx.query(countRecentExits, { serviceId, releaseId: live });
  const exits = recent?.exits ?? 1;
  if (exits > MAX_EXITS) {
    const [crashed] = await tx.query(setCrashed, { id: serviceId });
    const reason = `its instances ended ${exits} times in ten minutes: it is not started again until it is deployed or restarted`;
    if (!crashed) return;
    // The edge says why there is no answer.
    await tx.query(advanceGeneration, {});
    await publishServiceEvent(tx, serviceId, 'service.crashed', reason);
    return;
  }
  const afterSeconds = Math.min(MAX_BACKOFF_SECONDS, 2 ** Math.max(0, exits - 1, failedRestarts));
  await tx.query(setRestart, { id: serviceId, afterSeconds });
}
