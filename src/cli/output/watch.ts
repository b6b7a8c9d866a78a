import { toJson } from '../../contract/escape.ts';
import { clockTime } from '../../render/format.ts';
import type { ListView, RecordView } from '../../render/view.ts';
import { InterruptedError } from '../errors/cli-error.ts';
import { abortOnSignals } from '../jobs/interruptible-wait.ts';
import type { Session } from '../session.ts';

const POLL_MS = 2_000;

/**
 * Prints a result, and again after each change, until Ctrl-C. JSON is printed as one line per document, so that a program
 * can read it as a stream.
 */
export async function watch<Row>(
  session: Session,
  readView: (signal: AbortSignal) => Promise<ListView<Row> | RecordView>,
): Promise<never> {
  return abortOnSignals(
    (signal) => new InterruptedError(signal, 'stopped watching'),
    async (signal) => {
      for (let before: string | undefined; ; await session.client.clock.sleep(POLL_MS, signal)) {
        const view = await readView(signal);
        const document = toJson(view.document);
        if (document === before) continue;
        if (session.format.kind === 'json') session.io.stdout.write(`${document}\n`);
        else {
          if (!session.machineOutput)
            session.note(`${before === undefined ? '' : '\n'}${clockTime(session.io.now())}`);
          await session.print(view);
        }
        before = document;
      }
    },
  );
}
