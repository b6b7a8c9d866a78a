import { type ApiClient, createApiClient } from '../client/api-client.ts';
import { systemClientClock } from '../client/client-clock.ts';
import type { OutagePolicy } from '../client/outage.ts';
import { ServerContact } from '../client/server-contact.ts';
import { createTransport, type Transport } from '../client/transport.ts';
import type { CommandTrace } from './command-trace.ts';
import { type Connection, keysOf, resolveConnection } from './config/connection.ts';
import type { ConfigFile } from './config/context-file.ts';
import { proxyFor } from './config/find-proxy.ts';
import type { AwsSession } from './credentials/aws-session.ts';
import { openAwsSession } from './credentials/open-aws-session.ts';
import type { GlobalFlagValues } from './flags/shared-flags.ts';
import { type Exchange, isChange, observedTransport } from './observed-transport.ts';
import type { Io } from './output/io.ts';

export interface ServerAccessOptions {
  readonly io: Io;
  readonly flags: GlobalFlagValues;
  readonly file: ConfigFile;
  readonly timeoutMs: number;
  readonly version: string;
  readonly trace: () => CommandTrace;
  /** Called after each request that changed something. */
  readonly onChange: () => void;
}

/** How one run of a command reaches its server: address and credentials, the client, and what the last answer told. */
export class ServerAccess {
  readonly #options: ServerAccessOptions;
  #connection: Connection | undefined;
  #client: ApiClient | undefined;
  #aws: AwsSession | undefined;
  #opened: Transport | undefined;
  #contact: ServerContact | undefined;
  #lastExchange: Exchange | undefined;
  /** How reads wait for a server that is away (default: they do not). */
  outage: OutagePolicy | undefined;

  constructor(options: ServerAccessOptions) {
    this.#options = options;
  }

  /** @throws CliError if no server or no credentials are configured. */
  get connection(): Connection {
    const { flags, io, file } = this.#options;
    this.#connection ??= resolveConnection(flags, io.env, file);
    return this.#connection;
  }

  /** The session of AWS credentials; undefined with server keys. */
  get aws(): AwsSession | undefined {
    const { server, auth } = this.connection;
    if (auth.kind === 'keys') return undefined;
    this.#aws ??= openAwsSession(auth, {
      server,
      env: this.#options.io.env,
      timeoutMs: this.#options.timeoutMs,
      userAgent: this.#userAgent,
      transport: this.#transport,
    });
    return this.#aws;
  }

  get client(): ApiClient {
    const { server, auth } = this.connection;
    const { aws } = this;
    const { timeoutMs, onChange } = this.#options;
    this.#client ??= createApiClient({
      server,
      ...(aws === undefined ? keysOf(auth) : { credentials: aws, region: () => aws.region() }),
      timeoutMs,
      userAgent: this.#userAgent,
      transport: observedTransport(this.#transport, (exchange) => isChange(exchange) && onChange()),
      outage: this.outage,
    });
    return this.#client;
  }

  /** The last answer of the server; undefined if it was never reached. */
  get lastExchange(): Exchange | undefined {
    return this.#lastExchange;
  }

  /** What is known of the connection to the server. */
  get contact(): ServerContact {
    this.#contact ??= new ServerContact(systemClientClock);
    return this.#contact;
  }

  get #transport(): Transport {
    const { server, trust } = this.connection;
    const { flags, io, trace } = this.#options;
    const url = new URL(server);
    this.#opened ??= observedTransport(
      trace().carriedBy(createTransport(url, trust, () => proxyFor(url))),
      (exchange) => {
        this.#lastExchange = exchange;
        const { method, target, status, ms } = exchange;
        if (status < 500) this.#contact?.answered();
        if (flags.debug) io.stderr.write(`debug: ${method} ${target} ${status} ${ms} ms\n`);
      },
    );
    return this.#opened;
  }

  get #userAgent(): string {
    return `ocpctl/${this.#options.version} ${process.platform}-${process.arch} node-${process.version}`;
  }

  close(): void {
    this.#opened?.close();
  }
}
