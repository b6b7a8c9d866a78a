import { string } from '@oclif/core/flags';
import { SERVICE_LOCATION_FLAGS, serviceArgument } from '../../cli/apps/app-flags.ts';
import { resolveService } from '../../cli/apps/resolve-service.ts';
import { fetchMetrics, METRIC_STEPS } from '../../cli/apps/service-metrics.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { timestamp } from '../../cli/flags/flag-values.ts';
import { metricsList } from '../../render/app-metrics.ts';

const STEPS = ['15s', '1m', '1h'] as const;

export default class AppMetrics extends BaseCommand {
  static override summary = 'Show what a service used and how it answered';
  static override description =
    'CPU and memory of all its instances; requests, time until the first byte and errors as the edge saw them. Figures of 15 s are kept for a day, of a minute for 7 days, of an hour for 90 days.';
  static override examples = [
    '<%= config.bin %> app metrics api',
    '<%= config.bin %> app metrics api --since 7d --step 1h',
    '<%= config.bin %> app metrics api --since 1h -o csv > api.csv',
  ];
  static override args = { service: serviceArgument() };
  static override flags = {
    since: string({
      description: 'Begin at a time, or a duration ago (default: 15m)',
      helpValue: 'TIME',
    }),
    step: string({
      description: 'Length of a step (default: 15s for the last 15m, 1m for the last 6h, otherwise 1h)',
      options: STEPS,
    }),
    ...SERVICE_LOCATION_FLAGS,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppMetrics);
    const session = await this.open(flags);
    const { since, step } = flags;
    const query = {
      since:
        since === undefined ? undefined : timestamp('since', since, session.io.now(), 'past').toISOString(),
      stepSeconds: STEPS.filter((name) => name === step).map((name) => METRIC_STEPS[name])[0],
    };
    const { id } = await resolveService(session.client, args.service, flags);
    await session.print(metricsList(await fetchMetrics(session.client, id, query)));
  }
}
