import { type ApiClient, createApiClient } from '../client/api-client.ts';
import { systemClientClock } from '../client/client-clock.ts';
import type { OutagePolicy } from '../client/outage.ts';
import { ServerContact } from '../client/server-contact.ts';
import { createTransport, type Transport } from '../client/transport.ts';
import type { Cluster } from '../contract/documents.ts';
import { printableLines } from '../contract/escape.ts';
import { SANDBOX_NOTE } from '../render/format.ts';
import { type Paint, painter } from '../render/paint.ts';
import type { Format, ListView, RecordView } from '../render/view.ts';
import { type CommandTrace, NO_TRACE, openCommandTrace } from './command-trace.ts';
import { type Connection, keysOf, resolveConnection } from './config/connection.ts';
import type { ConfigFile } from './config/context-file.ts';
import { proxyFor } from './config/find-proxy.ts';
import { type CliSettings, readCliSettings, settingFlags, settingValues } from './config/settings.ts';
import type { AwsSession } from './credentials/aws-session.ts';
import { openAwsSession } from './credentials/open-aws-session.ts';
import type { ErrorTarget } from './errors/annotated-error.ts';
import { type GlobalFlagValues, isShaped } from './flags/shared-flags.ts';
import { type Exchange, isChange, observedTransport } from './observed-transport.ts';
import { changeOutagePolicy, type WaitOutagePolicy, waitOutagePolicy } from './outage-policies.ts';
import { flush, type Io } from './output/io.ts';
import { isMachineFormat, type OutputFormat } from './output/output-format.ts';
import type { PromptPolicy } from './output/prompt.ts';
import { assertOutputFlags, changeResultText, printOptions, resultText } from './output/result-text.ts';
import { wantsColor } from './output/terminal.ts';

/** One run of a command: its settings, its connection, and its output. */
export class Session {
  readonly io: Io;
  readonly flags: GlobalFlagValues;
  readonly file: ConfigFile;
  readonly settings: CliSettings;
  readonly paint: Paint;
  #connection: Connection | undefined;
  #client: ApiClient | undefined;
  #aws: AwsSession | undefined;
  #opened: Transport | undefined;
  #outage: WaitOutagePolicy | undefined;
  #contact: ServerContact | undefined;
  #wasReached = false;
  #hasChanged = false;
  #showNote: ((text: string) => void) | undefined;
  /** Whether a display shows by itself that the server is lost. */
  showsContact = false;
  #lastExchange: Exchange | undefined;
  #trace: CommandTrace = NO_TRACE;
  #target: ErrorTarget = { cluster: null, job: null };
  readonly #version: string;

  constructor(io: Io, flags: GlobalFlagValues, file: ConfigFile, version: string) {
    this.io = io;
    this.flags = flags;
    this.file = file;
    this.#version = version;
    this.settings = readCliSettings(settingValues(settingFlags(flags), io.env, file));
    this.paint = painter(wantsColor(this.settings.color, io.stdout, io.env));
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
    this.#connection ??= resolveConnection(this.flags, this.io.env, this.file);
    return this.#connection;
  }

  /** The session of AWS credentials; undefined with server keys. */
  get aws(): AwsSession | undefined {
    const { server, auth } = this.connection;
    if (auth.kind === 'keys') return undefined;
    this.#aws ??= openAwsSession(auth, {
      server,
      env: this.io.env,
      timeoutMs: this.settings.timeoutMs,
      userAgent: this.#userAgent,
      transport: this.#transport,
    });
    return this.#aws;
  }

  /** Makes reads wait for a server that is away, for a command that follows work on it. Call it before the first request. */
  waitThroughOutages(timeoutMs = 0): void {
    this.#outage?.close();
    this.#outage = waitOutagePolicy(this, { timeoutMs, wasReached: () => this.#wasReached });
  }

  /** Whether the last answer came from a server with a simulated cloud. */
  get isSandbox(): boolean {
    return this.#lastExchange?.mode === 'sandbox';
  }

  get serverVersion(): string | undefined {
    return this.#lastExchange?.version;
  }

  /** What is known of the connection to the server. */
  get contact(): ServerContact {
    this.#contact ??= new ServerContact(systemClientClock);
    return this.#contact;
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

  get client(): ApiClient {
    const { server, auth } = this.connection;
    const { aws } = this;
    this.#client ??= createApiClient({
      server,
      ...(aws === undefined ? keysOf(auth) : { credentials: aws, region: () => aws.region() }),
      timeoutMs: this.settings.timeoutMs,
      userAgent: this.#userAgent,
      transport: observedTransport(this.#transport, (exchange) => isChange(exchange) && this.noteChange()),
      outage: this.#outage,
    });
    return this.#client;
  }

  get #transport(): Transport {
    const { server, trust } = this.connection;
    const url = new URL(server);
    const traced = this.#trace.carriedBy(createTransport(url, trust, () => proxyFor(url)));
    this.#opened ??= observedTransport(traced, (exchange) => {
      this.#wasReached = true;
      this.#lastExchange = exchange;
      const { method, target, status, ms } = exchange;
      if (status < 500) this.#contact?.answered();
      if (this.flags.debug) this.io.stderr.write(`debug: ${method} ${target} ${status} ${ms} ms\n`);
    });
    return this.#opened;
  }

  get #userAgent(): string {
    return `ocpctl/${this.#version} ${process.platform}-${process.arch} node-${process.version}`;
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
    this.#opened?.close();
    await this.#trace.end(error);
  }
}
