import { clockTime } from '../../render/format.ts';
import { Frame } from '../../render/frame.ts';
import type { ListView, RecordView } from '../../render/view.ts';
import type { Session } from '../session.ts';
import { lineCells } from './terminal.ts';

/** A result that is drawn in place on a terminal, with a line below it: the time, or what is wrong with the server. */
export class LiveTable {
  readonly #session: Session;
  readonly #frame = new Frame();
  readonly #onResize = () => {
    // What fails here fails at the next read too, which says so.
    this.#layout().then(
      () => this.#draw(),
      () => {},
    );
  };
  #textOf: () => Promise<string> = () => Promise.resolve('');
  #lines: readonly string[] = [];
  #status = '';
  #isClosed = false;

  constructor(session: Session) {
    this.#session = session;
    session.showNotesWith((text) => {
      this.#status = session.paint('yellow', text.split('\n').join(' '));
      this.#draw();
    });
    session.io.stdout.on('resize', this.#onResize);
  }

  async show<Row>(view: ListView<Row> | RecordView): Promise<void> {
    const { io, paint } = this.#session;
    const isEmpty = view.kind === 'list' && view.rows.length === 0;
    const whenEmpty = (view.kind === 'list' && view.whenEmpty) || 'Nothing found.';
    this.#textOf = async () => (isEmpty ? whenEmpty : this.#session.streamText(view));
    await this.#layout();
    this.#status = paint('dim', `${clockTime(io.now())}  Ctrl-C stops watching`);
    this.#draw();
  }

  /** The last frame stays. */
  close(): void {
    this.#isClosed = true;
    this.#session.io.stdout.off('resize', this.#onResize);
    this.#session.showNotesWith(undefined);
  }

  /** Tables depend on the width of the terminal. */
  async #layout(): Promise<void> {
    const textOf = this.#textOf;
    const lines = (await textOf()).trimEnd().split('\n');
    if (textOf === this.#textOf) this.#lines = lines;
  }

  #draw(): void {
    if (this.#isClosed) return;
    const { stdout } = this.#session.io;
    const screen = { columns: lineCells(stdout) ?? 80, rows: stdout.rows ?? 24 };
    stdout.write(this.#frame.draw(this.#lines, this.#status, screen));
  }
}
