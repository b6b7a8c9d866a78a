import { type ApiClient, createApiClient } from '../client/api-client.ts';
import { createTransport, type Transport } from '../client/transport.ts';
import { type Paint, painter } from '../render/paint.ts';
import { printView } from '../render/print.ts';
import { NoSuchFieldError } from '../render/value-path.ts';
import type { ListView, RecordView } from '../render/view.ts';
import { type Connection, keysOf, resolveConnection } from './config/connection.ts';
import { type ConfigFile, configDirectory, readContexts } from './config/context-file.ts';
import { type CliSettings, readCliSettings, settingValues } from './config/settings.ts';
import type { AwsSession } from './credentials/aws-session.ts';
import { openAwsSession } from './credentials/open-aws-session.ts';
import { UsageError } from './errors/cli-error.ts';
import type { GlobalFlagValues } from './flags/global-flags.ts';
import { observedTransport } from './observed-transport.ts';
import { flush, type Io } from './output/io.ts';
import { isMachineFormat, type OutputFormat } from './output/output-format.ts';
import type { PromptPolicy } from './output/prompt.ts';
import { wantsColor } from './output/terminal.ts';

const SANDBOX_FOOTER = 'sandbox: a simulated cloud, nothing here costs money';

/** One run of one command: its settings, its server, and the two ways to speak: the result and notes beside it. */
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
  /** Known from every answer: then each table says so. */
  #isSandbox = false;
  readonly #version: string;

  constructor(io: Io, flags: GlobalFlagValues, file: ConfigFile, version: string) {
    this.io = io;
    this.flags = flags;
    this.file = file;
    this.#version = version;
    this.settings = readCliSettings(settingValues(settingFlags(flags), io.env, file));
    this.paint = painter(wantsColor(this.settings.color, io.stdout, io.env));
  }

  static async open(io: Io, flags: GlobalFlagValues, version: string): Promise<Session> {
    return new Session(io, flags, await readContexts(configDirectory(io.env)), version);
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

  /** @throws CliError when no server or no keys are known. */
  get connection(): Connection {
    this.#connection ??= resolveConnection(this.flags, this.io.env, this.file);
    return this.#connection;
  }

  /** The session with the server, where AWS credentials are signed in with; undefined where keys sign. */
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

  get client(): ApiClient {
    const { server, auth } = this.connection;
    const { aws } = this;
    this.#client ??= createApiClient({
      server,
      ...(aws === undefined ? keysOf(auth) : { credentials: aws, region: () => aws.region() }),
      timeoutMs: this.settings.timeoutMs,
      userAgent: this.#userAgent,
      transport: this.#transport,
    });
    return this.#client;
  }

  get #transport(): Transport {
    const { server, trust } = this.connection;
    this.#opened ??= observedTransport(createTransport(new URL(server), trust), (exchange) => {
      if (exchange.mode === 'sandbox') this.#isSandbox = true;
      if (this.flags.debug) {
        this.io.stderr.write(
          `debug: ${exchange.method} ${exchange.target} ${exchange.status} ${exchange.ms} ms\n`,
        );
      }
    });
    return this.#opened;
  }

  get #userAgent(): string {
    return `ocpctl/${this.#version} ${process.platform}-${process.arch} node-${process.version}`;
  }

  /** The result, on stdout: the only thing that goes there. */
  async print<Row>(view: ListView<Row> | RecordView): Promise<void> {
    try {
      this.io.stdout.write(await printView(view, this.format, this.paint));
    } catch (error) {
      if (!(error instanceof NoSuchFieldError)) throw error;
      throw new UsageError(error.message, {
        hint: `fields: ${error.known.join(', ') || 'none'}`,
        cause: error,
      });
    }
    // Tables stay tables in a pipe: what is not a row goes beside them.
    if (this.#isSandbox && !this.machineOutput) {
      await flush(this.io.stdout);
      this.note(SANDBOX_FOOTER);
    }
  }

  /** Something to know, on stderr; `-q` hides it. */
  note(text: string): void {
    if (!this.flags.quiet) this.io.stderr.write(`${text}\n`);
  }

  /** Frees connections, so that nothing keeps the process. */
  close(): void {
    this.#opened?.close();
  }
}

function settingFlags(flags: GlobalFlagValues): Parameters<typeof settingValues>[0] {
  return {
    ...(flags.json ? { output: 'json' } : flags.output === undefined ? {} : { output: flags.output }),
    ...(flags.requestTimeout === undefined ? {} : { timeout: flags.requestTimeout }),
    ...(flags.color === undefined ? {} : { color: flags.color }),
    ...(flags.progress === undefined ? {} : { progress: flags.progress }),
    ...(flags['no-input'] ? { 'no-input': 'true' } : {}),
  };
}
