import { systemClock } from '../kernel/clock.ts';
import { SetupError } from '../kernel/errors.ts';
import { type HostNotice, readEc2Notice, watchEc2Notices } from '../kernel/host/ec2-notices.ts';
import type { KernelConfig } from '../kernel/settings/kernel-settings.ts';
import type { Log } from '../kernel/telemetry/log.ts';

const POLL_MS = 5_000;
/** After the grace period jobs that run are stopped and handed over: installers end, and their files are stored. */
const HANDOVER_MS = 20_000;

export interface HostEnd {
  readonly reason: string;
  /** How long running jobs may go on; undefined when the notice leaves it to the settings. */
  readonly graceMs: number | undefined;
}

/** @throws SetupError on a host that will be taken away: a service manager that starts the server again would let it claim jobs */
export async function assertHostStays({ hostNotices, ec2MetadataEndpoint }: KernelConfig): Promise<void> {
  const notice = hostNotices === 'ec2' ? await readEc2Notice(ec2MetadataEndpoint) : undefined;
  if (notice !== undefined)
    throw new SetupError(`this host will be taken away: ${notice.reason}`, {
      hint: 'start the server on another host, or unset OCPCTL_HOST_NOTICES',
    });
}

/** Resolves when the host says that it will be taken away; never if no notices are configured. */
export async function untilHostEnds(config: KernelConfig, log: Log, stopped: AbortSignal): Promise<HostEnd> {
  const { hostNotices, ec2MetadataEndpoint: endpoint } = config;
  const notice =
    hostNotices === 'ec2'
      ? await watchEc2Notices({ endpoint, clock: systemClock, pollMs: POLL_MS, log }, stopped)
      : undefined;
  return notice === undefined ? new Promise(() => {}) : hostEnd(notice);
}

function hostEnd({ reason, at }: HostNotice): HostEnd {
  if (at === undefined) return { reason, graceMs: undefined };
  return { reason, graceMs: Math.max(0, at.getTime() - systemClock.now().getTime() - HANDOVER_MS) };
}
