import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Before the statement reaches the server, or after the server has run it and before its answer arrives. */
export type CutMoment = 'request' | 'answer';

/**
 * A way to the database on which each statement, and each commit by its last statement, breaks every connection the first time that it
 * is sent. It reads the names of prepared statements (PostgreSQL, "Message Formats": Bind has portal and statement as C strings).
 */
export class StatementCutter {
  readonly url: string;
  /** What was cut. */
  readonly cut = new Set<string>();
  readonly #server: Server;
  readonly #moment: CutMoment;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #isCutting = false;

  private constructor(server: Server, url: string, moment: CutMoment) {
    this.#server = server;
    this.url = url;
    this.#moment = moment;
  }

  static async start(databaseUrl: string, moment: CutMoment): Promise<StatementCutter> {
    const { hostname, port } = new URL(databaseUrl);
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const through = new URL(databaseUrl);
    through.port = String((server.address() as AddressInfo).port);
    const cutter = new StatementCutter(server, through.href, moment);
    server.on('connection', (near) => cutter.#join(near, connect(Number(port), hostname)));
    return cutter;
  }

  /** From now on statements are cut. */
  begin(): void {
    this.#isCutting = true;
  }

  close(): void {
    this.#cutAll();
    this.#server.close();
  }

  #join(near: Socket, far: Socket): void {
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    const statements = new SentStatements();
    let isAnswerLost = false;
    near.on('data', (chunk: Buffer) => {
      const isFirst = statements.read(chunk).filter((name) => this.#isFirst(name)).length > 0;
      if (isFirst && this.#moment === 'request') return this.#cutAll();
      isAnswerLost ||= isFirst;
      far.write(chunk);
    });
    far.on('data', (chunk: Buffer) => (isAnswerLost ? this.#cutAll() : near.write(chunk)));
    for (const [from, to] of [pair, [far, near] as const]) {
      from.on('error', () => to.destroy());
      from.on('close', () => {
        to.destroy();
        this.#pairs.delete(pair);
      });
    }
  }

  #isFirst(name: string): boolean {
    if (!this.#isCutting || this.cut.has(name)) return false;
    this.cut.add(name);
    return true;
  }

  #cutAll(): void {
    for (const sockets of this.#pairs) for (const socket of sockets) socket.destroy();
  }
}

/** The statements in what a client sends on one connection. */
class SentStatements {
  #bytes = Buffer.alloc(0);
  #isStarted = false;
  #last = '';

  /** @returns the statements that begin in this chunk */
  read(chunk: Buffer): string[] {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    const names: string[] = [];
    for (;;) {
      // The first message of a connection has no type.
      const head = this.#isStarted ? 1 : 0;
      if (this.#bytes.length < head + 4) return names;
      const end = head + this.#bytes.readInt32BE(head);
      if (this.#bytes.length < end) return names;
      const name = this.#isStarted ? nameIn(this.#bytes.subarray(0, end)) : '';
      if (name === 'commit') names.push(`commit after ${this.#last}`);
      else if (name !== '') names.push(name);
      this.#last = name || this.#last;
      this.#isStarted = true;
      this.#bytes = this.#bytes.subarray(end);
    }
  }
}

function nameIn(message: Buffer): string {
  const type = String.fromCharCode(message[0] ?? 0);
  const [first = '', second = ''] = message.subarray(5).toString('latin1').split('\0', 2);
  if (type === 'B') return second;
  return type === 'Q' && first === 'commit' ? first : '';
}
