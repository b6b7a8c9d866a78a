import type { JobLogEntry } from '../../render/job.ts';
import { LogPrinter } from '../../render/log-entry.ts';
import { UsageError } from '../errors/cli-error.ts';
import { printOptions, throwUsageError } from '../output/result-text.ts';
import type { Session } from '../session.ts';

/** Writes the entries of a log in the format of the session, in the order in which they are given. */
export class LogOutput {
  readonly #session: Session;
  readonly #printer: LogPrinter;
  #last: Promise<void> = Promise.resolve();

  private constructor(session: Session, printer: LogPrinter) {
    this.#session = session;
    this.#printer = printer;
  }

  /** Writes what stands before the first entry. @throws UsageError for flags that a stream cannot keep */
  static async begin(session: Session): Promise<LogOutput> {
    const { format, flags, paint, io } = session;
    if (format.kind === 'focus') throw new TypeError('logs have no format of their own');
    if (flags.sort !== undefined)
      throw new UsageError('--sort cannot be used with logs: they are printed as they come');
    if (flags.columns !== undefined && format.kind !== 'csv')
      throw new UsageError('--columns of logs needs -o csv', { hint: 'use --query or -o value=PATH' });
    const output = new LogOutput(session, new LogPrinter(format, printOptions(flags, paint, io.stdout)));
    await output.#write(output.#printer.begin());
    return output;
  }

  readonly print = (entry: JobLogEntry): Promise<void> => {
    this.#last = this.#last.then(() => this.#write(this.#printer.entry(entry)));
    return this.#last;
  };

  async #write(text: Promise<string>): Promise<void> {
    this.#session.io.stdout.write(await text.catch(throwUsageError));
  }
}
