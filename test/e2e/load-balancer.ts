import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const PROBE_MS = 100;

/**
 * Gives connections in turn to servers whose `/readyz` says that they are ready, as a load balancer does. It repeats nothing: a connection
 * that a server refuses or cuts is one that its user loses.
 */
export class LoadBalancer {
  readonly #targets = new Map<string, boolean>();
  readonly #open = new Set<Socket>();
  readonly #server = createServer((client) => void this.#serve(client));
  readonly #stopping = new AbortController();
  #next = 0;
  /** Connections that could not be given to a server. */
  refused = 0;

  static async start(): Promise<LoadBalancer> {
    const balancer = new LoadBalancer();
    balancer.#server.listen(0, '127.0.0.1');
    await once(balancer.#server, 'listening');
    void balancer.#probe();
    return balancer;
  }

  get host(): string {
    const { port } = this.#server.address() as { port: number };
    return `127.0.0.1:${port}`;
  }

  /** A server is used from its first good answer on. */
  add(url: string): void {
    this.#targets.set(url, false);
  }

  remove(url: string): void {
    this.#targets.delete(url);
  }

  get ready(): number {
    return [...this.#targets.values()].filter((isReady) => isReady).length;
  }

  /** Ends every connection, wherever its answer is. */
  cut(): void {
    for (const socket of this.#open) socket.destroy();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #probe(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await Promise.all(
        [...this.#targets.keys()].map(async (url) => {
          const isReady = await fetch(`${url}/readyz`).then(
            ({ ok }) => ok,
            () => false,
          );
          if (this.#targets.has(url)) this.#targets.set(url, isReady);
        }),
      );
      await delay(PROBE_MS);
    }
  }

  async #serve(client: Socket): Promise<void> {
    const ready = [...this.#targets].flatMap(([url, isReady]) => (isReady ? [new URL(url)] : []));
    const target = ready[this.#next++ % Math.max(1, ready.length)];
    if (target === undefined) {
      this.refused += 1;
      return void client.destroy();
    }
    const server = connect(Number(target.port), target.hostname);
    for (const socket of [client, server]) {
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket));
    }
    server.once('error', () => {
      if (server.connecting || server.bytesRead === 0) this.refused += 1;
      client.destroy();
    });
    client.once('error', () => server.destroy());
    client.pipe(server).pipe(client);
  }
}
