import { Agent, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { Agent as UndiciAgent, WebSocket } from 'undici';

export interface AppsLoadOptions {
  /** `http://127.0.0.1:8080`: where connections go. */
  readonly base: string;
  /** The application's host name. */
  readonly host: string;
  /** Default 200: half of them on kept connections, half on new ones. */
  readonly requestsPerSecond?: number;
  /** Default `/`. */
  readonly path?: string;
  /** An answer that takes long and ends by itself: one is always being read. */
  readonly streamPath?: string;
  /** One WebSocket is always open; when it is closed it is opened again. It sends a message ten times a second. */
  readonly webSocketPath?: string;
}

export type LoadKind = 'keep-alive' | 'new connection' | 'stream' | 'WebSocket';

export interface LoadFailure {
  readonly kind: LoadKind;
  readonly reason: string;
}

export interface AppsLoadReport {
  /** Ended well, by kind; of WebSockets those that were opened. */
  readonly succeeded: Readonly<Record<LoadKind, number>>;
  readonly failures: readonly LoadFailure[];
  /** How often WebSockets were closed by the other side, by code; any but 1001 is a failure as well. */
  readonly webSocketCloses: ReadonlyMap<number, number>;
  /** That came by WebSocket. */
  readonly messages: number;
}

const KEPT_CONNECTIONS = 8;
/** Requests in progress at one time: a machine that cannot keep up is not flooded. */
const MAX_WAITING = 64;
const TICK_MS = 10;
const MESSAGE_MS = 100;
/** The server that the WebSocket was connected to is shut down. */
const ENDPOINT_LEAVES = 1001;

/** Traffic as an application has it, until it is stopped. A request that was not answered in full with 2xx has failed. */
export class AppsLoad {
  readonly #options: AppsLoadOptions;
  readonly #kept = new Agent({ keepAlive: true, maxSockets: KEPT_CONNECTIONS });
  readonly #sockets: UndiciAgent;
  readonly #succeeded = { 'keep-alive': 0, 'new connection': 0, stream: 0, WebSocket: 0 };
  readonly #failures: LoadFailure[] = [];
  readonly #closes = new Map<number, number>();
  #messages = 0;
  readonly #running = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout;
  #stopping = false;
  #webSocket: WebSocket | undefined;

  constructor(options: AppsLoadOptions) {
    this.#options = options;
    const { hostname } = new URL(options.base);
    this.#sockets = new UndiciAgent({
      connect: { lookup: (_host, _options, done) => done(null, [{ address: hostname, family: 4 }]) },
    });
    const startedAt = performance.now();
    const perMs = (options.requestsPerSecond ?? 200) / 1_000;
    let sent = 0;
    this.#timer = setInterval(() => {
      // What a busy machine did not let through in time is made up for.
      for (; sent < (performance.now() - startedAt) * perMs && this.#running.size < MAX_WAITING; sent += 1)
        void this.#run(sent % 2 === 0 ? 'keep-alive' : 'new connection', options.path ?? '/');
    }, TICK_MS);
    if (options.streamPath !== undefined) this.#stream(options.streamPath);
    if (options.webSocketPath !== undefined) this.#openWebSocket(options.webSocketPath);
  }

  get report(): AppsLoadReport {
    return {
      succeeded: { ...this.#succeeded },
      failures: [...this.#failures],
      webSocketCloses: new Map(this.#closes),
      messages: this.#messages,
    };
  }

  /** Starts no more, and waits for what is in progress. */
  async stop(): Promise<AppsLoadReport> {
    this.#stopping = true;
    clearInterval(this.#timer);
    this.#webSocket?.close();
    while (this.#running.size > 0) await Promise.all(this.#running);
    this.#kept.destroy();
    await this.#sockets.destroy();
    return this.report;
  }

  #run(kind: Exclude<LoadKind, 'WebSocket'>, path: string): Promise<void> {
    const done = this.#get(path, kind === 'keep-alive' ? this.#kept : false)
      .then(
        () => {
          this.#succeeded[kind] += 1;
        },
        (error: Error) => {
          this.#failures.push({ kind, reason: error.message });
        },
      )
      .finally(() => this.#running.delete(done));
    this.#running.add(done);
    return done;
  }

  #get(path: string, agent: NonNullable<RequestOptions['agent']>): Promise<void> {
    const { base, host } = this.#options;
    return new Promise((resolve, reject) => {
      const read = (response: IncomingMessage): void => {
        const status = response.statusCode ?? 0;
        response.on('error', reject);
        response.on('end', () => {
          if (status < 200 || status > 299) reject(new Error(`status ${status}`));
          else if (response.complete) resolve();
          else reject(new Error('the answer is incomplete'));
        });
        response.resume();
      };
      request(new URL(path, base), { headers: { host }, agent }, read).on('error', reject).end();
    });
  }

  #stream(path: string): void {
    void this.#run('stream', path).then(() => {
      if (!this.#stopping) this.#stream(path);
    });
  }

  #openWebSocket(path: string): void {
    const { base, host } = this.#options;
    const socket = new WebSocket(`ws://${host}:${new URL(base).port}${path}`, { dispatcher: this.#sockets });
    this.#webSocket = socket;
    const messages = setInterval(() => {
      if (socket.readyState === WebSocket.OPEN) socket.send('hello');
    }, MESSAGE_MS);
    let opened = false;
    const closed = new Promise<void>((resolve) => {
      socket.addEventListener('open', () => {
        opened = true;
        this.#succeeded.WebSocket += 1;
        if (this.#stopping) socket.close();
      });
      socket.addEventListener('message', () => {
        this.#messages += 1;
      });
      socket.addEventListener('close', ({ code }) => {
        clearInterval(messages);
        if (!this.#stopping) this.#countClose(code, opened);
        resolve();
      });
    }).finally(() => {
      this.#running.delete(closed);
      if (!this.#stopping) this.#openWebSocket(path);
    });
    this.#running.add(closed);
  }

  #countClose(code: number, opened: boolean): void {
    if (!opened) {
      this.#failures.push({ kind: 'WebSocket', reason: 'it was not opened' });
      return;
    }
    this.#closes.set(code, (this.#closes.get(code) ?? 0) + 1);
    if (code !== ENDPOINT_LEAVES) this.#failures.push({ kind: 'WebSocket', reason: `closed with ${code}` });
  }
}
