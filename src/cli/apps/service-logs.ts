import { followStream } from '../../client/follow-stream.ts';
import { withQuery } from '../../client/request-target.ts';
import type { AppLogLine, AppService } from '../../contract/documents.ts';
import { printable } from '../../contract/escape.ts';
import { logLineList } from '../../render/app-log.ts';
import { CliError } from '../errors/cli-error.ts';
import { omitUndefined } from '../flags/flag-values.ts';
import { readEvents } from '../jobs/job-logs.ts';
import { LogOutput } from '../jobs/log-output.ts';
import type { Session } from '../session.ts';

const PAGE_SIZE = 1000;

export interface ServiceLogQuery {
  readonly tail?: number | undefined;
  readonly since?: string | undefined;
  readonly grep?: string | undefined;
}

/** Pages of what is stored, oldest first. */
export async function* readServiceLog(
  { client }: Session,
  id: string,
  { tail, ...filter }: ServiceLogQuery,
): AsyncGenerator<readonly AppLogLine[]> {
  let position: { after: number } | { tail: number } =
    tail === undefined ? { after: 0 } : { tail: Math.min(tail, PAGE_SIZE) };
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
  { after, since, grep }: ServiceLogQuery & { readonly after: number },
  signal: AbortSignal,
): AsyncGenerator<AppLogLine, unknown> {
  const target = withQuery(`/v1/app/services/${id}/logs`, { since, grep });
  const options = { after, signal, contact, giveUpAfterMs: Number.POSITIVE_INFINITY };
  return followStream<AppLogLine, unknown>(client, target, options);
}

/** The lines as the instances wrote them; other formats have the time, the instance and the stream. */
export async function writeLogLines(session: Session, lines: readonly AppLogLine[]): Promise<void> {
  const { kind } = session.format;
  if (kind === 'table' && session.flags.query === undefined && session.flags.columns === undefined) {
    session.printOwnFormat(lines.map(({ text }) => `${printable(text)}\n`).join(''));
    return;
  }
  for (const line of lines)
    session.printOwnFormat(await session.streamText(logLineList([line]), new Set([line])));
}

/** The events of the job that built the last deployment. @throws CliError when it was none */
export async function buildLog(session: Session, { name, deployment }: AppService): Promise<void> {
  const [job] = deployment === null ? [] : await buildJobs(session, deployment.id);
  if (job === undefined)
    throw new CliError('NO_BUILD', `the last deployment of ${name} has no build`, {
      hint: "it took an earlier build, or nothing was deployed yet: 'ocpctl app get' shows it",
    });
  session.actOn({ job });
  const output = await LogOutput.begin(session);
  for await (const event of readEvents(session.client, job.id, {}).all()) await output.print(event);
}

async function buildJobs({ client }: Session, deploymentId: string) {
  const params = { query: { resource: deploymentId, limit: 1 } };
  return (await client.GET('/v1/jobs', { params })).data.items;
}
