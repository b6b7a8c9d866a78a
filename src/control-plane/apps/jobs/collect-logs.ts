import type { Queryable } from '../../kernel/db/db.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { logTopic } from '../service/app-services.ts';
import { appendLogLines, getLoggedInstance, instanceLogTail } from '../store/log-lines.sql.ts';
import type { AppJobContext } from './app-job-context.ts';

const BATCH_LINES = 500;
/** One instance that writes without end must not keep the others waiting. */
const MAX_BATCHES = 10;
/** An instance that still writes must not keep its removal waiting. */
const MAX_ROUNDS = 100;
const MAX_LINE_CHARACTERS = 16_384;

type LogContext = Pick<AppJobContext, 'redactor' | 'releaseSecrets' | 'dispatcher'>;
interface LoggedInstance {
  readonly id: string;
  readonly serviceId: string;
  readonly releaseId: string;
  readonly logPosition: number;
}

/** Stores what an instance wrote since `logPosition`, without the secrets of its release. @returns whether that was all */
export async function collectLog(
  { redactor, releaseSecrets, dispatcher }: LogContext,
  db: Queryable,
  runtime: Runtime,
  { id, serviceId, releaseId, logPosition }: LoggedInstance,
): Promise<boolean> {
  let after = logPosition;
  let stored = 0;
  let isAll = false;
  for (let batch = 0; batch < MAX_BATCHES; batch++) {
    const lines = await runtime.readLog(id, { after, limit: BATCH_LINES });
    const last = lines.at(-1);
    if (last === undefined) {
      isAll = true;
      break;
    }
    const ofRelease = await releaseSecrets.redactorOf(db, releaseId);
    const shown = lines.map(({ at, stream, text }) => ({
      at: at.toISOString(),
      stream,
      text: storable(redactor.redactLine(ofRelease.redactLine(text))).slice(0, MAX_LINE_CHARACTERS),
    }));
    const position = last.position;
    const rows = await db.query(appendLogLines, { instanceId: id, after, position, lines: shown });
    // Another reader was faster, and stored them.
    if (rows.length === 0) break;
    after = position;
    stored += rows.length;
    isAll = lines.length < BATCH_LINES;
    if (isAll) break;
  }
  if (stored > 0) dispatcher.announceEvents([logTopic(serviceId)]);
  return isAll;
}

/** Stores all that an instance has written, also beside the task that collects: it is removed afterwards. */
export async function collectLogOf(
  context: LogContext,
  db: Queryable,
  runtime: Runtime,
  instanceId: string,
): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const [instance] = await db.query(getLoggedInstance, { id: instanceId });
    if (!instance || (await collectLog(context, db, runtime, instance))) return;
  }
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
