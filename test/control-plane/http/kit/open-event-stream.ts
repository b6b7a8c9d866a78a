import { request } from 'node:http';
import { EventStreamParser, type ServerSentEvent } from '../../../../src/client/event-stream-parser.ts';
import type { Person } from './installation.ts';
import { sign } from './requests.ts';
import type { TestServer } from './server.ts';

export interface OpenEventStream {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Messages as they come; ends with the stream. */
  readonly messages: AsyncGenerator<ServerSentEvent>;
  /** The rest of them. */
  rest(): Promise<ServerSentEvent[]>;
  /** Takes nothing more from the socket, until `resume`. */
  pause(): void;
  resume(): void;
  leave(): void;
}

/** Opens the event stream of a job on a connection of its own. */
export async function openEventStream(
  server: Pick<TestServer, 'url'>,
  person: Person,
  jobId: string,
  { query = '', headers = {} }: { query?: string; headers?: Record<string, string> } = {},
): Promise<OpenEventStream> {
  const signed = await sign(server, person, {
    target: `/v1/jobs/${jobId}/events${query}`,
    headers: { accept: 'text/event-stream', ...headers },
  });
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, path: signed.target, headers: signed.headers, agent: false });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      response.on('error', () => {});
      const parser = new EventStreamParser();
      async function* read(): AsyncGenerator<ServerSentEvent> {
        for await (const chunk of response) yield* parser.push(chunk);
      }
      const messages = read();
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        messages,
        async rest() {
          const all: ServerSentEvent[] = [];
          for await (const message of messages) all.push(message);
          return all;
        },
        pause: () => void response.socket.pause(),
        resume: () => void response.socket.resume(),
        leave: () => void response.destroy(),
      });
    });
    outgoing.end();
  });
}
