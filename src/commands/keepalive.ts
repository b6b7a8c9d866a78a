import { boolean, string } from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.ts';
import { renewalIntervalMs, renewOnce, renewUntilEnd } from '../cli/clusters/keepalive.ts';
import { fetchCluster, resolveCluster } from '../cli/clusters/resolve.ts';
import { InterruptedError, UsageError } from '../cli/errors/cli-error.ts';
import { durationMs, keepaliveMinutes } from '../cli/flags/flag-values.ts';
import { clusterArgument, IDEMPOTENCY_KEY_FLAG } from '../cli/flags/shared-flags.ts';
import { abortOnSignals } from '../cli/jobs/interruptible-wait.ts';
import { sendOnce } from '../cli/send-once.ts';
import type { Session } from '../cli/session.ts';
import type { Cluster, KeepaliveDocument } from '../contract/documents.ts';
import { shortDuration } from '../contract/duration.ts';
import { clusterList } from '../render/cluster.ts';
import { dateTime } from '../render/format.ts';
import { isBoundByExpiry, keepaliveNote } from '../render/keepalive.ts';

export default class Keepalive extends BaseCommand {
  static override summary = 'Keep a cluster alive for as long as this command runs';
  static override description =
    "For clusters of 'ocpctl create --keepalive'; others get a keepalive with --set. Without a renewal for its length, the cluster is destroyed: a CI job that is cancelled, or whose runner dies, costs at most that time. The expiry of the cluster still holds. Ends when it is interrupted, or the cluster is being destroyed.";
  static override examples = [
    '<%= config.bin %> keepalive demo',
    '<%= config.bin %> keepalive demo --set 15m &',
    '<%= config.bin %> keepalive demo --remove',
  ];
  static override args = { cluster: clusterArgument() };
  static override flags = {
    interval: string({
      description: 'Time between two renewals (default: a third of the keepalive)',
      helpValue: 'DURATION',
    }),
    set: string({
      description: 'Give the cluster a keepalive of this length, or change it, from 1m to 24h',
      helpValue: 'DURATION',
      exclusive: ['remove'],
    }),
    remove: boolean({
      description: 'Remove the keepalive: the cluster lives until it expires',
      exclusive: ['interval'],
    }),
    ...IDEMPOTENCY_KEY_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Keepalive);
    const session = await this.open(flags);
    session.waitThroughOutages();
    const minutes = flags.set === undefined ? undefined : keepaliveMinutes('set', flags.set);
    const found = await resolveCluster(session.client, args.cluster);
    session.actOn({ cluster: found });
    if (flags.remove) return printCluster(session, await setKeepalive(session, found, null, flags));
    const intervalMs = givenInterval(flags.interval, minutes ?? found.keepalive?.minutes);
    const cluster = minutes === undefined ? found : await setKeepalive(session, found, minutes, flags);
    await keepAlive(session, cluster, intervalMs);
  }
}

/** Renews until it is interrupted or there is nothing to renew. @param intervalMs undefined: a third of the length */
async function keepAlive(session: Session, cluster: Cluster, intervalMs: number | undefined): Promise<void> {
  let last = await renewOnce(session, cluster);
  const onRenewed = (keepalive: KeepaliveDocument) => {
    last = keepalive;
  };
  const everyMs = intervalMs ?? renewalIntervalMs(last.minutes);
  const ended = await abortOnSignals(
    (signal) => new InterruptedError(signal, `stopped renewing: ${keepaliveNote(cluster, last)}`),
    (signal) => {
      session.note(`Renewing ${cluster.name} every ${shortDuration(everyMs)}; ${endingText(cluster, last)}.`);
      return renewUntilEnd(session, cluster, { intervalMs: everyMs, signal, onRenewed });
    },
  );
  session.note(ended);
  await printCluster(session, await fetchCluster(session.client, cluster.id));
}

function endingText(cluster: Cluster, keepalive: KeepaliveDocument): string {
  const length = shortDuration(keepalive.minutes * 60_000);
  return isBoundByExpiry(cluster, keepalive)
    ? `it expires at ${dateTime(cluster.destroyAt)}, before its keepalive of ${length} ends`
    : `when this command ends, it is destroyed within ${length}`;
}

/** @returns milliseconds @throws UsageError when the keepalive would end before the next renewal */
function givenInterval(text: string | undefined, minutes: number | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = durationMs('interval', text);
  if (ms < 1_000) throw new UsageError(`invalid duration "${text}" for --interval: it must be at least 1s`);
  if (minutes !== undefined && ms >= minutes * 60_000)
    throw new UsageError(
      `invalid duration "${text}" for --interval: it must be less than the keepalive of ${shortDuration(minutes * 60_000)}`,
    );
  return ms;
}

async function setKeepalive(
  session: Session,
  { id, name }: Cluster,
  minutes: number | null,
  flags: { readonly 'idempotency-key'?: string | undefined },
): Promise<Cluster> {
  const { data } = await sendOnce({ flags, check: `ocpctl get ${name}` }, (key) =>
    session.client.POST('/v1/clusters/{id}/set-keepalive', {
      params: { path: { id }, header: { 'idempotency-key': key } },
      body: { minutes },
    }),
  );
  return data.cluster;
}

function printCluster(session: Session, cluster: Cluster): Promise<void> {
  return session.print(clusterList([cluster], session.io.now()));
}
