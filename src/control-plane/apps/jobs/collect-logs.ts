import type { Queryable } from '../../kernel/db/db.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { logTopic } from '../service/app-services.ts';
import { appendLogLines, getLoggedInstance, instanceLogTail } from '../store/log-lines.sql.ts';
import type { AppJobContext } from './app-job-context.ts';

const BATCH_LINES = 500;
/** One instance that writes without end must not keep the others waiting. */
const MAX_BATCHES = 10;
const MAX_LINE_CHARACTERS = 16_384;

type LogContext = Pick<AppJobContext, 'redactor' | 'releaseSecrets' | 'dispatcher'>;
interface LoggedInstance {
  readonly id: string;
  readonly serviceId: string;
  readonly releaseId: string;
  readonly logPosition: number;
}

/** Stores what an instance wrote since `logPosition`, without the secrets of its release. @returns how many lines */
export async function collectLog(
  { redactor, releaseSecrets, dispatcher }: LogContext,
  db: Queryable,
  runtime: Runtime,
  { id, serviceId, releaseId, logPosition }: LoggedInstance,
): Promise<number> {
  let after = logPosition;
  let stored = 0;
  for (let batch = 0; batch < MAX_BATCHES; batch++) {
    const lines = await runtime.readLog(id, { after, limit: BATCH_LINES });
    const last = lines.at(-1);
    if (last === undefined) break;
    await releaseSecrets.ensureKnown(db, releaseId);
    const shown = lines.map(({ at, stream, text }) => ({
      at: at.toISOString(),
      stream,
      text: storable(redactor.redactLine(text)).slice(0, MAX_LINE_CHARACTERS),
    }));
    const position = last.position;
    const rows = await db.query(appendLogLines, { instanceId: id, after, position, lines: shown });
    // Another reader was faster, and stored them.
    if (rows.length === 0) break;
    after = position;
    stored += rows.length;
    if (lines.length < BATCH_LINES) break;
  }
  if (stored > 0) dispatcher.announceEvents([logTopic(serviceId)]);
  return stored;
}

/** The same, by the id of the instance. @returns how many lines */
export async function collectLogOf(
  context: LogContext,
  db: Queryable,
  runtime: Runtime,
  instanceId: string,
): Promise<number> {
  const [instance] = await db.query(getLoggedInstance, { id: instanceId });
  return instance ? collectLog(context, db, runtime, instance) : 0;
}

/** The last stored lines of an instance. */
export async function logTail(db: Queryable, instanceId: string, count: number): Promise<string[]> {
  return (await db.query(instanceLogTail, { instanceId, count })).map(({ text }) => text);
}

/** The database cannot store NUL and half of a surrogate pair. */
const UNSTORABLE = /\0|\p{Surrogate}/gu;

function storable(text: string): string {
  return text.replaceAll(UNSTORABLE, '\uFFFD');
}
