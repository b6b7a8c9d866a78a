import type { ListView, RecordView } from '../../render/view.ts';
import { InterruptedError } from '../errors/cli-error.ts';
import { abortOnSignals } from '../jobs/interruptible-wait.ts';
import type { Session } from '../session.ts';
import { changesOf, type Seen } from './changes.ts';
import { LiveTable } from './live-table.ts';
import { pickMode } from './terminal.ts';

const POLL_MS = 2_000;

type View<Row> = ListView<Row> | RecordView;
type ReadView<Row> = (signal: AbortSignal) => Promise<View<Row>>;

/**
 * Shows a result and what changes in it, until Ctrl-C. On a terminal the table is drawn in place. Elsewhere a list prints its
 * rows, then those that changed; JSON is one line a document, YAML documents begin with `---`.
 */
export async function watch<Row>(session: Session, readView: ReadView<Row>): Promise<never> {
  return abortOnSignals(
    (signal) => new InterruptedError(signal, 'stopped watching'),
    (signal) => (drawsInPlace(session) ? watchInPlace : watchChanges)(session, readView, signal),
  );
}

function drawsInPlace({ format, flags, settings, io }: Session): boolean {
  const isTable = (format.kind === 'table' || format.kind === 'wide') && flags.query === undefined;
  return isTable && pickMode(settings.progress, io.stdout, io.env) === 'live';
}

async function watchInPlace<Row>(
  session: Session,
  readView: ReadView<Row>,
  signal: AbortSignal,
): Promise<never> {
  const live = new LiveTable(session);
  try {
    for (;;) {
      await live.show(await readView(signal));
      await session.client.clock.sleep(POLL_MS, signal);
    }
  } finally {
    live.close();
  }
}

async function watchChanges<Row>(
  session: Session,
  readView: ReadView<Row>,
  signal: AbortSignal,
): Promise<never> {
  let seen: Seen | undefined;
  let printed: string | undefined;
  for (;;) {
    const view = await readView(signal);
    const changes = changesOf(view, seen);
    if (changes.isChanged) {
      const text = await session.streamText(view, seen === undefined ? undefined : changes.rows);
      // A value or a query may be the same in another document.
      if (text !== printed) session.io.stdout.write(text);
      printed = isWhole(session) ? text : undefined;
      for (const name of changes.gone) session.note(`${name} is not in the list any more.`);
      if (seen === undefined) session.noteEmpty(view);
    }
    seen = changes.seen;
    await session.client.clock.sleep(POLL_MS, signal);
  }
}

/** Formats that print the whole result at each change, not only rows. */
function isWhole({ format, flags }: Session): boolean {
  return flags.query !== undefined || ['json', 'yaml', 'value'].includes(format.kind);
}
