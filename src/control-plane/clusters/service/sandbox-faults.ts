import type { components } from '../../../contract/api.gen.ts';
import { audit, PLATFORM_STREAM } from '../../kernel/audit/audit.ts';
import type { Caller } from '../../kernel/caller.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import type { CloudFaultRequest, CloudFaults } from '../clouds/cloud-faults.ts';
import type { ClusterServices } from './cluster-services.ts';
import { simulatedCloud } from './sandbox-resources.ts';

type Services = Pick<ClusterServices, 'clouds'>;
interface Page<Item> {
  items: Item[];
  nextCursor: null;
}
type FaultPage = Page<components['schemas']['SandboxFault']>;

/** The faults that exist. */
export function listFaultPresets(services: Services): Page<components['schemas']['SandboxFaultPreset']> {
  return { items: faultsOf(services).presets(), nextCursor: null };
}

/** The active faults, used-up ones included. */
export async function listFaults(services: Services): Promise<FaultPage> {
  return { items: await faultsOf(services).list(), nextCursor: null };
}

/**
 * Replaces all faults; no presets: removes them. They are active before the transaction is committed, so that
 * a lost request can be repeated.
 */
export async function replaceFaults(
  services: Services,
  tx: Tx,
  caller: Caller,
  request: CloudFaultRequest,
): Promise<FaultPage> {
  const faults = faultsOf(services);
  assertKnownPresets(faults, request);
  const { presets, clusterName = null, times = null } = request;
  await audit(tx, PLATFORM_STREAM, caller, {
    action: presets.length > 0 ? 'sandbox.faults.set' : 'sandbox.faults.clear',
    target: 'sandbox',
    status: 'SUCCESS',
    metadata: { presets, clusterName, times },
  });
  return { items: await faults.replace(request), nextCursor: null };
}

function assertKnownPresets(faults: CloudFaults, { presets }: CloudFaultRequest): void {
  const known = faults.presets().map(({ name }) => name);
  const unknown = presets.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new AppError('POLICY_VIOLATION', `There is no fault called ${unknown.join(' or ')}.`, {
    errors: [
      { field: 'presets', code: 'UNKNOWN_PRESET', message: 'must be names of presets', allowed: known },
    ],
  });
}

function faultsOf(services: Services): CloudFaults {
  const { faults } = simulatedCloud(services);
  if (faults === undefined) throw new TypeError('a simulated cloud without faults');
  return faults;
}
