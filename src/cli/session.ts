import type { ApiClient } from '../client/api-client.ts';
import type { OutagePolicy } from '../client/outage.ts';
import type { ServerContact } from '../client/server-contact.ts';
import type { Cluster } from '../contract/documents.ts';
import { printableLines } from '../contract/escape.ts';
import { SANDBOX_NOTE } from '../render/format.ts';
import { type Paint, painter } from '../render/paint.ts';
import type { Format, ListView, RecordView } from '../render/view.ts';
import { type CommandTrace, NO_TRACE, openCommandTrace } from './command-trace.ts';
import type { Connection } from './config/connection.ts';
import type { ConfigFile } from './config/context-file.ts';
import { type CliSettings, readCliSettings, settingFlags, settingValues } from './config/settings.ts';
import type { AwsSession } from './credentials/aws-session.ts';
import type { ErrorTarget } from './errors/annotated-error.ts';
import { type GlobalFlagValues, isShaped } from './flags/shared-flags.ts';
import { changeOutagePolicy, type WaitOutagePolicy, waitOutagePolicy } from './outage-policies.ts';
import { flush, type Io } from './output/io.ts';
import { isMachineFormat, type OutputFormat } from './output/output-format.ts';
import type { PromptPolicy } from './output/prompt.ts';
import { assertOutputFlags, changeResultText, printOptions, resultText } from './output/result-text.ts';
import { wantsColor } from './output/terminal.ts';
import { ServerAccess } from './server-access.ts';

/** One run of a command: its settings, its connection, and its output. */
export class Session {
  readonly io: Io;
  readonly flags: GlobalFlagValues;
  readonly file: ConfigFile;
  readonly settings: CliSettings;
  readonly paint: Paint;
  readonly #server: ServerAccess;
  #outage: WaitOutagePolicy | undefined;
  #hasChanged = false;
  #showNote: ((text: string) => void) | undefined;
  /** Whether a display shows by itself that the server is lost. */
  showsContact = false;
  #trace: CommandTrace = NO_TRACE;
  #target: ErrorTarget = { cluster: null, job: null };

  constructor(io: Io, flags: GlobalFlagValues, file: ConfigFile, version: string) {
    this.io = io;
    this.flags = flags;
    this.file = file;
    this.settings = readCliSettings(settingValues(settingFlags(flags), io.env, file));
    this.paint = painter(wantsColor(this.settings.color, io.stdout, io.env));
    const { timeoutMs } = this.settings;
    const [trace, onChange] = [() => this.#trace, () => this.noteChange()];
    this.#server = new ServerAccess({ io, flags, file, timeoutMs, version, trace, onChange });
  }

  /**
   * @param command as the trace names it
   * @param file contexts and settings
   */
  static async open(
    io: Io,
    flags: GlobalFlagValues,
    version: string,
    command: string,
    file: ConfigFile,
  ): Promise<Session> {
    const session = new Session(io, flags, file, version);
    session.#trace = await openCommandTrace(io.env, command, version);
    await assertOutputFlags(flags, session.format);
    return session;
  }

  get format(): OutputFormat {
    return this.settings.output;
  }

  get machineOutput(): boolean {
    return isMachineFormat(this.format);
  }

  get promptPolicy(): PromptPolicy {
    return { noInput: this.settings.noInput, machineOutput: this.machineOutput };
  }

  /** @throws CliError if no server or no credentials are configured. */
  get connection(): Connection {
    return this.#server.connection;
  }

  /** The session of AWS credentials; undefined with server keys. */
  get aws(): AwsSession | undefined {
    return this.#server.aws;
  }

  get client(): ApiClient {
    return this.#server.client;
  }

  /** Makes reads wait for a server that is away, for a command that follows work on it. Call it before the first request. */
  waitThroughOutages(timeoutMs = 0): void {
    this.#outage?.close();
    const wasReached = () => this.#server.lastExchange !== undefined;
    this.#outage = waitOutagePolicy(this, { timeoutMs, wasReached });
    this.#server.outage = this.#outage;
  }

  /** Whether the last answer came from a server with a simulated cloud. */
  get isSandbox(): boolean {
    return this.#server.lastExchange?.mode === 'sandbox';
  }

  get serverVersion(): string | undefined {
    return this.#server.lastExchange?.version;
  }

  /** What is known of the connection to the server. */
  get contact(): ServerContact {
    return this.#server.contact;
  }

  get outagePolicy(): OutagePolicy {
    return changeOutagePolicy(this);
  }

  /** What the command acts on, for its errors. */
  get target(): ErrorTarget {
    return this.#target;
  }

  /** Notes what the command acts on; a job belongs to the cluster that is noted before or with it. */
  actOn({ cluster, job }: { cluster?: Cluster; job?: { readonly id: string } | null }): void {
    if (cluster !== undefined) {
      const { id, name, status } = cluster;
      const isAnother = this.#target.cluster?.id !== id;
      this.#target = { cluster: { id, name, status }, job: isAnother ? null : this.#target.job };
    }
    if (job !== undefined) this.#target = { ...this.#target, job: job && { id: job.id } };
  }

  /** Prints a result in a format that only this command has. */
  printOwnFormat(text: string): void {
    this.io.stdout.write(text);
  }

  /** A result of a stream as text. @param only the rows to print, without a header (default: all, with it) */
  streamText<Row>(view: ListView<Row> | RecordView, only?: ReadonlySet<unknown>): Promise<string> {
    const options = printOptions(this.flags, this.paint, this.io.stdout);
    return resultText(view, this.#printFormat, { ...options, stream: true, only });
  }

  get #printFormat(): Format {
    const { format } = this;
    if (format.kind === 'focus') throw new TypeError('a command with its own format prints it by itself');
    return format;
  }

  /** Says what to do when a list has no rows, unless a program reads the output. */
  noteEmpty<Row>(view: ListView<Row> | RecordView): void {
    if (view.kind === 'record' || view.rows.length > 0) return;
    if (!this.machineOutput && this.flags.query === undefined) this.note(view.whenEmpty ?? 'Nothing found.');
  }

  /** Notes that something was changed outside of the API, a file or a database. Changes by the client are seen by themselves. */
  noteChange(): void {
    this.#hasChanged = true;
  }

  /** Prints the result, the only output on stdout. */
  async print<Row>(view: ListView<Row> | RecordView): Promise<void> {
    const options = printOptions(this.flags, this.paint, this.io.stdout);
    const warn = (text: string) => this.io.stderr.write(`${printableLines(text)}\n`);
    const textOf = this.#hasChanged ? changeResultText(warn) : resultText;
    this.io.stdout.write(await textOf(view, this.#printFormat, options));
    this.noteEmpty(view);
    // The footer goes to stderr, so that a piped table has only rows.
    if (this.isSandbox && !this.machineOutput) {
      await flush(this.io.stdout);
      this.note(SANDBOX_NOTE);
    }
  }

  /** Prints a text that is for other programs, without the layout of a table; the view for -o json, yaml, name and value, and when flags choose from it. */
  async printText<Row>(text: string, view: ListView<Row> | RecordView): Promise<void> {
    const { kind } = this.format;
    if ((kind !== 'table' && kind !== 'wide' && kind !== 'csv') || isShaped(this.flags))
      return this.print(view);
    this.io.stdout.write(text);
  }

  /** Prints a message to stderr, unless --quiet is set. */
  note(text: string): void {
    if (this.flags.quiet) return;
    if (this.#showNote === undefined) this.io.stderr.write(`${printableLines(text)}\n`);
    else this.#showNote(printableLines(text));
  }

  /** While a progress display has the terminal, messages go through it. @param show undefined: to stderr again */
  showNotesWith(show: ((text: string) => void) | undefined, { showsContact = false } = {}): void {
    this.#showNote = show;
    this.showsContact = showsContact;
  }

  /** Closes connections, so that the process can exit, and sends the trace. @param error what the command failed with */
  async close(error?: unknown): Promise<void> {
    this.#outage?.close();
    this.#server.close();
    await this.#trace.end(error);
  }
}
