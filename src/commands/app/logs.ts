import { boolean, string } from '@oclif/core/flags';
import { SERVICE_LOCATION_FLAGS, serviceArgument } from '../../cli/apps/app-flags.ts';
import { resolveService } from '../../cli/apps/resolve-service.ts';
import { buildLog, followServiceLog, readServiceLog, ServiceLogOutput } from '../../cli/apps/service-logs.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { timestamp, wholeNumber } from '../../cli/flags/flag-values.ts';
import { numberFlag } from '../../cli/flags/number-flag.ts';
import { interruptibleWait } from '../../cli/jobs/interruptible-wait.ts';

/** Of the API. */
const MAX_TAIL = 1_000;

export default class AppLogs extends BaseCommand {
  static override summary = 'Show what the instances of a service wrote';
  static override examples = [
    '<%= config.bin %> app logs api -f',
    '<%= config.bin %> app logs api --since 10m --grep error',
    '<%= config.bin %> app logs api --build',
    '<%= config.bin %> app logs nightly --run 12',
    '<%= config.bin %> app logs api --tail 100 --json',
  ];
  static override args = { service: serviceArgument() };
  static override flags = {
    follow: boolean({ char: 'f', description: 'Follow the log until Ctrl-C', exclusive: ['build'] }),
    tail: string({
      description: `Show the last N lines, at most ${MAX_TAIL} (default: all)`,
      helpValue: 'N',
    }),
    since: string({ description: 'Show lines since a time, or since a duration ago', helpValue: 'TIME' }),
    grep: string({ description: 'Show lines that contain this text', helpValue: 'TEXT' }),
    run: numberFlag({ description: 'Show lines of this run of a cron service', helpValue: 'N', min: 1 }),
    build: boolean({ description: 'Show the output of the last build instead' }),
    ...SERVICE_LOCATION_FLAGS,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppLogs);
    const session = await this.open(flags);
    if (flags.follow) session.waitThroughOutages();
    const service = await resolveService(session.client, args.service, flags);
    const query = {
      tail: flags.tail === undefined ? undefined : wholeNumber('tail', flags.tail, 1, MAX_TAIL),
      since:
        flags.since === undefined
          ? undefined
          : timestamp('since', flags.since, session.io.now(), 'past').toISOString(),
      grep: flags.grep,
      run: flags.run,
    };
    if (flags.build) return buildLog(session, service, query);
    const output = new ServiceLogOutput(session);
    let last = 0;
    for await (const page of readServiceLog(session, service.id, query)) {
      last = page.at(-1)?.seq ?? last;
      await output.write(page);
    }
    if (!flags.follow) return;
    const waiting = {
      timeoutMs: 0,
      what: `${service.name} runs on`,
      resumeCommand: `ocpctl app logs ${args.service} -f`,
      contact: session.contact,
    };
    await interruptibleWait(waiting, async (signal) => {
      for await (const line of followServiceLog(session, service.id, { ...query, after: last }, signal))
        await output.write([line]);
    });
  }
}
