import { followStream } from '../../client/follow-stream.ts';
import { withQuery } from '../../client/request-target.ts';
import type { AppLogLine, AppService, JobEvent } from '../../contract/documents.ts';
import { logLineList, logLineText } from '../../render/app-log.ts';
import { CliError } from '../errors/cli-error.ts';
import { omitUndefined } from '../flags/flag-values.ts';
import { readEvents, Tail } from '../jobs/job-logs.ts';
import { LogOutput } from '../jobs/log-output.ts';
import type { Session } from '../session.ts';

const PAGE_SIZE = 1000;

export interface ServiceLogQuery {
  readonly tail?: number | undefined;
  readonly since?: string | undefined;
  readonly grep?: string | undefined;
  readonly run?: number | undefined;
  /** The number of the line before the first. */
  readonly after?: number | undefined;
}

/** Pages of what is stored, oldest first. */
export async function* readServiceLog(
  { client }: Session,
  id: string,
  { tail, after = 0, ...filter }: ServiceLogQuery,
): AsyncGenerator<readonly AppLogLine[]> {
  let position: { after: number } | { tail: number } = tail === undefined ? { after } : { tail };
  for (;;) {
    const query = { limit: PAGE_SIZE, ...position, ...omitUndefined(filter) };
    const { data } = await client.GET('/v1/app/services/{id}/logs', { params: { path: { id }, query } });
    yield data.items;
    const last = data.items.at(-1)?.seq;
    if (data.nextCursor === null || last === undefined) return;
    position = { after: last };
  }
}

/** Lines as they are stored, each once, also over lost connections. */
export function followServiceLog(
  { client, contact }: Session,
  id: string,
  { after, since, grep, run }: ServiceLogQuery & { readonly after: number },
  signal: AbortSignal,
): AsyncGenerator<AppLogLine, unknown> {
  const target = withQuery(`/v1/app/services/${id}/logs`, { since, grep, run });
  const options = { after, signal, contact, giveUpAfterMs: Number.POSITIVE_INFINITY };
  return followStream<AppLogLine, unknown>(client, target, options);
}

/** Writes lines with their time, and from the second instance on with the instance; other formats have all fields. */
export class ServiceLogOutput {
  readonly #session: Session;
  readonly #instances = new Set<string>();

  constructor(session: Session) {
    this.#session = session;
  }

  async write(lines: readonly AppLogLine[]): Promise<void> {
    const { format, flags } = this.#session;
    if (format.kind === 'table' && flags.query === undefined && flags.columns === undefined) {
      for (const { instanceId } of lines) this.#instances.add(instanceId);
      const isLabelled = this.#instances.size > 1;
      this.#session.printOwnFormat(lines.map((line) => `${logLineText(line, isLabelled)}\n`).join(''));
      return;
    }
    for (const line of lines)
      this.#session.printOwnFormat(await this.#session.streamText(logLineList([line]), new Set([line])));
  }
}

/** The events of the job that built the last deployment. @throws CliError when it was none */
export async function buildLog(
  session: Session,
  { name, deployment }: AppService,
  { tail, since, grep }: ServiceLogQuery,
): Promise<void> {
  const [job] = deployment === null ? [] : await buildJobs(session, deployment.id);
  if (job === undefined)
    throw new CliError('NO_BUILD', `the last deployment of ${name} has no build`, {
      hint: `it took an earlier build, or nothing was deployed yet: 'ocpctl app get ${name}' shows it`,
    });
  session.actOn({ job });
  const events = readEvents(session.client, job.id, since === undefined ? {} : { since: new Date(since) });
  const last = new Tail<JobEvent>(tail ?? Number.POSITIVE_INFINITY);
  for await (const event of events.all())
    if (grep === undefined || event.message.includes(grep)) last.add(event);
  const output = await LogOutput.begin(session);
  for (const event of last.entries) await output.print(event);
}

async function buildJobs({ client }: Session, deploymentId: string) {
  const params = { query: { resource: deploymentId, limit: 1 } };
  return (await client.GET('/v1/jobs', { params })).data.items;
}
