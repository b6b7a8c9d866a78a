import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import type { Random } from '../chaos/marathon/random.ts';

const EVENT = z.object({
  id: z.string(),
  type: z.string(),
  subject: z.string(),
  time: z.iso.datetime({ offset: true }),
  data: z.record(z.string(), z.unknown()),
});
export type ReceivedEvent = z.infer<typeof EVENT>;

/** Takes the webhooks of an installation, and now and then fails after or before it has taken one. */
export class Receiver {
  /** What was accepted, by id: delivered more than once, an event has the same id and the same text. */
  readonly events = new Map<string, ReceivedEvent>();
  /** What should not have come. */
  readonly problems: string[] = [];
  repeated = 0;
  readonly #texts = new Map<string, string>();
  readonly #random: Random;
  #webhook: Webhook | undefined;
  readonly #server = createServer(async (request, response) => {
    const body = await text(request);
    const isLost = this.#random.chance(0.1);
    if (this.#random.chance(0.1)) return void response.writeHead(503).end();
    this.#take(body, request.headers as Record<string, string>);
    // The event was taken, and its sender cannot know.
    if (isLost) response.destroy();
    else response.writeHead(204).end();
  });

  constructor(random: Random) {
    this.#random = random;
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/events`;
  }

  signedWith(secret: string): void {
    this.#webhook = new Webhook(secret);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(body: string, headers: Record<string, string>): void {
    try {
      this.#webhook?.verify(body, headers);
      const event = EVENT.parse(JSON.parse(body));
      const before = this.#texts.get(event.id);
      if (before !== undefined) this.repeated++;
      if (before !== undefined && before !== body) this.problems.push(`two texts of ${event.id}`);
      if (headers['webhook-id'] !== event.id)
        this.problems.push(`${event.id} came as ${headers['webhook-id']}`);
      this.#texts.set(event.id, body);
      this.events.set(event.id, event);
    } catch (error) {
      this.problems.push(`${error instanceof Error ? error.message : String(error)}: ${body.slice(0, 200)}`);
    }
  }
}
