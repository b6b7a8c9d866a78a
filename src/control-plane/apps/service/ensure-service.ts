import { randomBytes } from 'node:crypto';
import { audit } from '../../kernel/audit/audit.ts';
import type { Caller } from '../../kernel/caller.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import type { ServiceSettings } from '../policy/service-settings.ts';
import { findServiceNamed, insertService, type ServiceRow } from '../store/services.sql.ts';
import type { AppServices } from './app-services.ts';
import { assertServiceFits } from './quotas.ts';
import { relockService } from './read.ts';

/** 20 bits: with its name in front, two services meet once in a million; then another one is drawn. */
const LABEL_BYTES = 3;
const LABEL_TRIES = 8;

/** The service of a deploy, which makes it when there is none of the name. @throws AppError QUOTA_EXCEEDED */
export async function ensureService(
  services: AppServices,
  tx: Tx,
  caller: Caller,
  environment: { readonly id: string; readonly team: string },
  name: string,
  settings: ServiceSettings,
): Promise<ServiceRow> {
  const found = await tx.query(findServiceNamed, { environmentId: environment.id, name });
  if (found[0]) return found[0];
  const { team } = environment;
  const replicas = settings.replicas ?? 1;
  await assertServiceFits(services, tx, team, { replicas, settings });
  const id = services.newId('svc');
  for (let tries = 0; tries < LABEL_TRIES; tries++) {
    const hostLabel = `${name}-${randomLabel()}`;
    const [row] = await tx.query(insertService, {
      ...{ id, environmentId: environment.id, team, name, hostLabel, replicas, settings },
      kind: settings.kind ?? 'web',
      requestedBy: caller.principal,
    });
    if (!row) continue;
    await audit(tx, team, caller, {
      action: 'service.create',
      target: id,
      status: 'SUCCESS',
      metadata: { name },
    });
    return relockService(tx, id);
  }
  throw new AppError('UNAVAILABLE', 'No free host name was found; try again.', { retryAfterSeconds: 1 });
}

function randomLabel(): string {
  const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';
  const bits = randomBytes(LABEL_BYTES).readUIntBE(0, LABEL_BYTES);
  return [0, 5, 10, 15].map((shift) => ALPHABET.charAt((bits >> shift) & 31)).join('');
}
