import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

interface BatchEntry {
  readonly Id: string;
  readonly MessageBody: string;
  readonly MessageGroupId: string;
  readonly MessageDeduplicationId: string;
}

/** What the proxy does to calls until it is told otherwise. */
export interface SqsFaults {
  /** Connections are cut (`reset`), or nothing is ever answered (`silent`). */
  readonly outage?: 'reset' | 'silent';
  /** Each message is sent this often, as a producer does whose answer was lost. */
  readonly copies?: number;
  /** Requests that send messages overtake each other, by at most this many milliseconds. */
  readonly reorderMs?: number;
  /** Of messages sent: the share that is acknowledged and lost. */
  readonly lose?: number;
  /** Of requests that delete messages: the share that is acknowledged and not done. */
  readonly keep?: number;
}

/** In front of an SQS: the faults that servers for tests cannot make themselves. */
export class SqsProxy {
  readonly #target: string;
  readonly #server = createServer((incoming, answer) => {
    void this.#handle(incoming, answer).catch(() => answer.destroy());
  });
  faults: SqsFaults = {};
  /** Names of the calls that arrived. */
  readonly calls: string[] = [];

  private constructor(target: string) {
    this.#target = target;
  }

  static async start(target: string): Promise<SqsProxy> {
    const proxy = new SqsProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get endpoint(): string {
    const { port } = this.#server.address() as { port: number };
    return `http://127.0.0.1:${port}`;
  }

  /** Begins or ends an outage for connections that are open, too. */
  set(faults: SqsFaults): void {
    this.faults = faults;
    if (faults.outage !== undefined) this.#server.closeAllConnections();
  }

  count(name: string): number {
    return this.calls.filter((call) => call === name).length;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #handle(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of incoming as AsyncIterable<Uint8Array>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const name = String(incoming.headers['x-amz-target'] ?? '').replace('AmazonSQS.', '');
    this.calls.push(name);
    const { outage, copies = 1, reorderMs = 0, lose = 0, keep = 0 } = this.faults;
    if (outage === 'reset') return void answer.destroy();
    if (outage === 'silent') return;
    if (name === 'SendMessageBatch') {
      if (reorderMs > 0) await delay(Math.random() * reorderMs);
      const parsed = JSON.parse(body.toString()) as { QueueUrl: string; Entries: BatchEntry[] };
      if (Math.random() < lose) return answerJson(answer, sent(parsed.Entries));
      for (let copy = 1; copy < copies; copy++) {
        const Entries = parsed.Entries.map((entry) => ({ ...entry, MessageDeduplicationId: randomUUID() }));
        const again = await this.#forward(incoming, Buffer.from(JSON.stringify({ ...parsed, Entries })));
        again.resume();
      }
    }
    if (name === 'DeleteMessageBatch' && Math.random() < keep) {
      const { Entries } = JSON.parse(body.toString()) as { Entries: { Id: string }[] };
      return answerJson(answer, { Successful: Entries.map(({ Id }) => ({ Id })), Failed: [] });
    }
    const real = await this.#forward(incoming, body, answer);
    answer.writeHead(real.statusCode ?? 500, real.headers);
    real.pipe(answer);
  }

  async #forward(incoming: IncomingMessage, body: Buffer, answer?: ServerResponse): Promise<IncomingMessage> {
    const onward = request(new URL(incoming.url ?? '/', this.#target), {
      method: incoming.method ?? 'POST',
      headers: { ...incoming.headers, 'content-length': body.length },
    });
    // A client that hangs up ends its long poll: the server must not hand a message to it.
    answer?.once('close', () => onward.destroy());
    onward.end(body);
    const [real] = (await once(onward, 'response')) as [IncomingMessage];
    return real;
  }
}

/** The answer of SQS to messages that it took; the SDK compares the checksums. */
function sent(entries: readonly BatchEntry[]): object {
  return {
    Successful: entries.map(({ Id, MessageBody }) => ({
      Id,
      MessageId: randomUUID(),
      MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
    })),
    Failed: [],
  };
}

function answerJson(answer: ServerResponse, body: object): void {
  answer.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
}
