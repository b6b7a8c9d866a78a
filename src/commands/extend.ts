import { string } from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.ts';
import { resolveCluster } from '../cli/clusters/resolve.ts';
import { UsageError } from '../cli/errors/cli-error.ts';
import { durationHours, timestamp } from '../cli/flags/flag-values.ts';
import { clusterArgument } from '../cli/flags/shared-flags.ts';
import { idempotencyKey } from '../client/api-client.ts';
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
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Extend);
    const session = await this.open(flags);
    const body = newExpiry(flags, session.io.now());
    const { id } = await resolveCluster(session.client, args.cluster);
    const params = { path: { id }, header: { 'idempotency-key': idempotencyKey() } };
    const { data } = await session.client.POST('/v1/clusters/{id}/extend', { params, body });
    await session.print(extendedCluster(data, session.io.now()));
  }
}

function newExpiry(flags: { by?: string | undefined; until?: string | undefined }, now: Date) {
  if ((flags.by === undefined) === (flags.until === undefined)) {
    throw new UsageError('specify either --by or --until', { hint: 'for example --by 4h' });
  }
  if (flags.until !== undefined)
    return { until: timestamp('until', flags.until, now, 'future').toISOString() };
  return { byHours: durationHours('by', flags.by ?? '') };
}
