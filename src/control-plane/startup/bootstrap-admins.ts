import { configuredPrincipals } from '../kernel/access/configured-principals.ts';
import { ensureAdmin } from '../kernel/access/grants.sql.ts';
import { audit, PLATFORM_STREAM } from '../kernel/audit/audit.ts';
import { systemActor } from '../kernel/caller.ts';
import type { Db } from '../kernel/db/db.ts';
import type { Log } from '../kernel/telemetry/log.ts';

/**
 * Makes admins of those whom the operator names at the start: the first access where no keys are made, and the recovery when
 * an admin's role was deleted and made again, as it takes the pin off. Safe to repeat.
 * @throws SetupError for what can be no principal
 */
export async function bootstrapAdmins(db: Db, named: readonly string[], log: Log): Promise<void> {
  const { principals, warnings } = configuredPrincipals(named);
  for (const warning of warnings) log.warn({}, warning);
  for (const principal of principals) {
    await db.tx(async (tx) => {
      const changed = await tx.query(ensureAdmin, { principal, grantedBy: 'system:bootstrap-admin' });
      if (changed.length === 0) return;
      await audit(tx, PLATFORM_STREAM, systemActor('bootstrap-admin'), {
        action: 'access.grant.add',
        target: principal,
        status: 'SUCCESS',
        metadata: { role: 'platform_admin', team: '*' },
      });
      log.info({ principal }, 'granted platform_admin (--bootstrap-admin)');
    });
  }
}
