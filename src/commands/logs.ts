import { boolean, string } from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.ts';
import { noteUnrenewed } from '../cli/clusters/keepalive.ts';
import { fetchCluster } from '../cli/clusters/resolve.ts';
import { timestamp, wholeNumber } from '../cli/flags/flag-values.ts';
import { clusterOrJobArgument } from '../cli/flags/shared-flags.ts';
import { DebugLines, mergeByTime } from '../cli/jobs/debug-lines.ts';
import { interruptibleWait } from '../cli/jobs/interruptible-wait.ts';
import { followNewEvents, LEVELS, readEvents, Tail } from '../cli/jobs/job-logs.ts';
import { findJobOfLogs } from '../cli/jobs/job-of-logs.ts';
import { LogOutput } from '../cli/jobs/log-output.ts';
import { hasEnded } from '../contract/statuses.ts';
import type { JobLogEntry } from '../render/job.ts';

export default class Logs extends BaseCommand {
  static override summary = 'Show the logs of a job';
  static override description =
    'For a cluster, shows the logs of its most recent job; if its creation failed, of that rather than of the clean-up that followed.';
  static override examples = [
    '<%= config.bin %> logs demo -f',
    '<%= config.bin %> logs demo --tail 50 --level warn',
    '<%= config.bin %> logs demo --level debug',
    '<%= config.bin %> logs job_01k4qqz3v7m2n5p8r1t4w6y9ab --phase provision --json',
    '<%= config.bin %> logs demo -o csv --columns at,message > demo.csv',
  ];
  static override args = { target: clusterOrJobArgument() };
  static override flags = {
    follow: boolean({ char: 'f', description: 'Follow the logs until the job ends' }),
    tail: string({ description: 'Show the last N lines (default: all)', helpValue: 'N' }),
    since: string({ description: 'Show lines since a time, or since a duration ago', helpValue: 'TIME' }),
    level: string({
      description: `Minimum level: ${LEVELS.join(', ')} (default: info); debug also shows the debug output of the installer`,
      helpValue: 'LEVEL',
      options: [...LEVELS],
    }),
    phase: string({ description: 'Filter by phase', helpValue: 'NAME' }),
    attempt: string({ description: 'Filter by attempt', helpValue: 'N' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Logs);
    const session = await this.open(flags);
    if (flags.follow) session.waitThroughOutages();
    const { io, client } = session;
    const filter = {
      level: LEVELS.find((level) => level === flags.level),
      phase: flags.phase,
      attempt: flags.attempt === undefined ? undefined : wholeNumber('attempt', flags.attempt, 1),
      since: flags.since === undefined ? undefined : timestamp('since', flags.since, io.now(), 'past'),
    };
    const tail = flags.tail === undefined ? undefined : wholeNumber('tail', flags.tail, 0);
    const job = await findJobOfLogs(session, args.target, flags.follow);
    const { id } = job;
    session.actOn({ job });
    const { print } = await LogOutput.begin(session);
    const debug = filter.level === 'debug' ? new DebugLines(client, id, filter) : undefined;
    const events = readEvents(client, id, filter);
    const kept = tail === undefined ? undefined : new Tail<JobLogEntry>(tail);
    for await (const entry of debug ? mergeByTime(events.all(), debug.added()) : events.all())
      if (kept) kept.add(entry);
      else await print(entry);
    for (const entry of kept?.entries ?? []) await print(entry);
    if (!flags.follow || hasEnded(job)) return;
    if (job.clusterId) noteUnrenewed(session, await fetchCluster(client, job.clusterId), 'logs -f');
    const resumeCommand = `ocpctl logs ${args.target} -f`;
    const { contact } = session;
    const waiting = { timeoutMs: 0, what: `${id} continues`, resumeCommand, contact };
    await interruptibleWait(waiting, async (signal) => {
      const ended = new AbortController();
      const options = { after: events.lastSeq, signal, contact };
      const following = debug?.follow(print, AbortSignal.any([ended.signal, signal]));
      for await (const event of followNewEvents(client, id, filter, options)) await print(event);
      ended.abort();
      await following;
    });
  }
}
