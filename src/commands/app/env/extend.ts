import { string } from '@oclif/core/flags';
import { ENVIRONMENT_TEAM_FLAG, environmentArgument } from '../../../cli/apps/app-flags.ts';
import { resolveEnvironment } from '../../../cli/apps/resolve-service.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { UsageError } from '../../../cli/errors/cli-error.ts';
import { withHintFor } from '../../../cli/errors/hint-for.ts';
import { durationHours, timestamp } from '../../../cli/flags/flag-values.ts';
import { IDEMPOTENCY_KEY_FLAG } from '../../../cli/flags/shared-flags.ts';
import { sendOnce } from '../../../cli/send-once.ts';
import { environmentRecord } from '../../../render/app-environment.ts';

export default class AppEnvExtend extends BaseCommand {
  static override summary = 'Change when an environment expires';
  static override examples = [
    '<%= config.bin %> app env extend review-42 --by 4h',
    '<%= config.bin %> app env extend review-42 --until never',
  ];
  static override args = { environment: environmentArgument() };
  static override flags = {
    by: string({ description: 'Extend by this duration', helpValue: 'DURATION' }),
    until: string({ description: 'New expiry: a time, a duration from now, or never', helpValue: 'TIME' }),
    ...ENVIRONMENT_TEAM_FLAG,
    ...IDEMPOTENCY_KEY_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppEnvExtend);
    const session = await this.open(flags);
    const body = newExpiry(flags, session.io.now());
    const { id } = await resolveEnvironment(session.client, args.environment, flags);
    const options = { flags, check: 'ocpctl app env list', isRepeatable: flags.by !== undefined };
    const send = (key: string) =>
      session.client.POST('/v1/app/environments/{id}/extend', {
        params: { path: { id }, header: { 'idempotency-key': key } },
        body,
      });
    const hint = `'ocpctl app env extend ${args.environment} --until ${flags.by ?? '4h'}' sets an expiry`;
    const { data } = await withHintFor('STATE_CONFLICT', hint, () => sendOnce(options, send));
    await session.print(environmentRecord(data.environment, session.io.now(), data));
  }
}

function newExpiry({ by, until }: { by?: string | undefined; until?: string | undefined }, now: Date) {
  if (by !== undefined && until !== undefined)
    throw new UsageError('--by and --until cannot be used together');
  if (by !== undefined) return { byHours: durationHours('by', by) };
  if (until === undefined)
    throw new UsageError('missing flag: --by or --until', { hint: 'for example --by 4h' });
  return { until: until === 'never' ? null : timestamp('until', until, now, 'future').toISOString() };
}
