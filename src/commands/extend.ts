import { string } from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.ts';
import { noteUnrenewed } from '../cli/clusters/keepalive.ts';
import { resolveCluster } from '../cli/clusters/resolve.ts';
import { UsageError } from '../cli/errors/cli-error.ts';
import { durationHours, timestamp } from '../cli/flags/flag-values.ts';
import { clusterArgument, IDEMPOTENCY_KEY_FLAG } from '../cli/flags/shared-flags.ts';
import { sendOnce } from '../cli/send-once.ts';
import { extendedCluster } from '../render/cluster.ts';

export default class Extend extends BaseCommand {
  static override summary = 'Change when a cluster expires';
  static override examples = [
    '<%= config.bin %> extend demo --by 4h',
    '<%= config.bin %> extend demo --until 2026-01-31T18:00:00Z',
  ];
  static override args = { cluster: clusterArgument() };
  static override flags = {
    by: string({ description: 'Extend by this duration', helpValue: 'DURATION' }),
    until: string({ description: 'New expiry: a time, or a duration from now', helpValue: 'TIME' }),
    ...IDEMPOTENCY_KEY_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Extend);
    const session = await this.open(flags);
    const body = newExpiry(flags, session.io.now());
    const cluster = await resolveCluster(session.client, args.cluster);
    const { id } = cluster;
    session.actOn({ cluster });
    // --until can be a duration from now: another time whenever the command runs.
    const options = { flags, check: `ocpctl get ${args.cluster}`, isRepeatable: flags.by !== undefined };
    const { data } = await sendOnce(options, (key) =>
      session.client.POST('/v1/clusters/{id}/extend', {
        params: { path: { id }, header: { 'idempotency-key': key } },
        body,
      }),
    );
    await session.print(extendedCluster(data, session.io.now()));
    noteUnrenewed(session, data.cluster, 'extend');
  }
}

function newExpiry(flags: { by?: string | undefined; until?: string | undefined }, now: Date) {
  if (flags.by !== undefined && flags.until !== undefined)
    throw new UsageError('--by and --until cannot be used together');
  if (flags.by === undefined && flags.until === undefined)
    throw new UsageError('missing flag: --by or --until', { hint: 'for example --by 4h' });
  if (flags.until !== undefined)
    return { until: timestamp('until', flags.until, now, 'future').toISOString() };
  return { byHours: durationHours('by', flags.by ?? '') };
}
