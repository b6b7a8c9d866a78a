import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What a worker's events say right before the commit that ends the job. */
const LAST_EVENT = /"message":"(?:Storing the result|Nothing is left)","data":\{"state":"done"/;
/** The statement that every commit of an attempt begins with. */
const COMMIT_BEGINS = 'jobs.hold_fence';

/** A way to the database that can be held: what is sent meanwhile arrives late, but it arrives. */
export class DatabaseProxy {
  readonly url: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** What was on its way when the wire was held. */
  #undelivered: (() => void)[] = [];
  #held = false;
  #isCutting = false;
  #watch: ((chunk: Buffer) => boolean) | undefined;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  static async start(databaseUrl: string): Promise<DatabaseProxy> {
    const { hostname, port } = new URL(databaseUrl);
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const through = new URL(databaseUrl);
    through.port = String((server.address() as AddressInfo).port);
    const proxy = new DatabaseProxy(server, through.href);
    server.on('connection', (near) => {
      const far = connect(Number(port), hostname);
      proxy.#forward(near, far, (chunk) => proxy.#watch?.(chunk));
      proxy.#forward(far, near, () => proxy.#isCutting);
    });
    return proxy;
  }

  /** Held or cut, or waiting for the moment to be held. */
  get isBusy(): boolean {
    return this.#held || this.#isCutting || this.#watch !== undefined;
  }

  /** From now on every answer of the database ends in its middle, with its connection. */
  cutAnswers(): void {
    this.#isCutting = true;
  }

  restore(): void {
    this.#isCutting = false;
  }

  hold(): void {
    this.#held = true;
    for (const socket of this.#sockets) socket.pause();
  }

  release(): void {
    this.#held = false;
    this.#watch = undefined;
    for (const deliver of this.#undelivered.splice(0)) deliver();
    for (const socket of this.#sockets) socket.resume();
  }

  /**
   * Holds the wire when a job's last transaction has begun and is about to say whose it is: the write is in flight, its sender no
   * longer decides whether it happens. @returns whether that moment came before the signal
   */
  async holdAtLastCommit(signal: AbortSignal): Promise<boolean> {
    let ending = false;
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(this.#held), { once: true });
      this.#watch = (chunk) => {
        ending ||= LAST_EVENT.test(chunk.toString('latin1'));
        if (!ending || !chunk.includes(COMMIT_BEGINS)) return false;
        this.#watch = undefined;
        this.hold();
        resolve(true);
        return true;
      };
    });
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  /** @param see is shown every chunk; one that it answers with true is cut in its middle */
  #forward(from: Socket, to: Socket, see: (chunk: Buffer) => boolean | undefined): void {
    this.#sockets.add(from);
    if (this.#held) from.pause();
    from.on('data', (chunk: Buffer) => {
      if (see(chunk) === true && !this.#held) {
        to.end(chunk.subarray(0, chunk.length >> 1));
        from.destroy();
      } else if (this.#held) this.#undelivered.push(() => void to.write(chunk));
      else to.write(chunk);
    });
    // What the other side gave up on is delivered all the same.
    from.on('end', () => (this.#held ? this.#undelivered.push(() => void to.end()) : to.end()));
    from.on('error', () => to.destroy());
    from.on('close', () => this.#sockets.delete(from));
  }
}
