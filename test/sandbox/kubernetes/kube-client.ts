import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { Agent, type AgentOptions, type RequestOptions, request } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import { parse } from 'yaml';
import * as z from 'zod';
import type { JsonObject } from '../../../src/sandbox/kubernetes/objects/kube-object.ts';

/** How a client reaches an API server, from a kubeconfig. */
export interface ApiAccess {
  readonly server: string;
  readonly ca: string;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly proxyUrl?: string | undefined;
}

const text = z.string();
const kubeconfigSchema = z.object({
  clusters: z.tuple([
    z.object({
      cluster: z.object({
        server: text,
        'certificate-authority-data': text,
        'proxy-url': text.optional(),
      }),
    }),
  ]),
  users: z.tuple([
    z.object({ user: z.object({ 'client-certificate-data': text, 'client-key-data': text }) }),
  ]),
});

export function accessOf(kubeconfig: string): ApiAccess {
  const { clusters, users } = kubeconfigSchema.parse(parse(kubeconfig));
  const decode = (data: string) => Buffer.from(data, 'base64').toString();
  const [{ cluster }] = clusters;
  const [{ user }] = users;
  return {
    server: cluster.server,
    ca: decode(cluster['certificate-authority-data']),
    cert: decode(user['client-certificate-data']),
    key: decode(user['client-key-data']),
    proxyUrl: cluster['proxy-url'],
  };
}

export interface Answer {
  readonly code: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The answer as JSON; empty if it is not. */
  readonly body: JsonObject;
}

export interface Call {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A client that speaks HTTPS and nothing else. */
export interface KubeClient {
  call(path: string, call?: Call): Promise<Answer>;
  /** The documents of a stream, one a line, until it ends or `enough` of them have come. */
  watch(
    path: string,
    enough: (events: readonly JsonObject[]) => boolean,
    headers?: Readonly<Record<string, string>>,
  ): Promise<JsonObject[]>;
  close(): void;
}

export function createKubeClient(access: ApiAccess): KubeClient {
  const { ca, cert, key } = access;
  const secrets = { ca, ...(cert === undefined || key === undefined ? {} : { cert, key }) };
  const agent =
    access.proxyUrl === undefined
      ? new Agent({ ...secrets, keepAlive: true })
      : tunnelAgent(access.proxyUrl, secrets);
  const start = async (path: string, { method = 'GET', headers = {}, body }: Call) => {
    const payload = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const type =
      payload === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) };
    const sent = request(`${access.server}${path}`, { method, agent, headers: { ...type, ...headers } });
    sent.end(payload);
    const [response] = await once(sent, 'response');
    return response;
  };
  return {
    async call(path, call = {}) {
      const response = await start(path, call);
      let received = '';
      for await (const chunk of response.setEncoding('utf8')) received += chunk;
      return { code: response.statusCode, headers: response.headers, text: received, body: jsonOf(received) };
    },
    async watch(path, enough, headers = {}) {
      const response = await start(path, { headers });
      const events: JsonObject[] = [];
      let rest = '';
      for await (const chunk of response.setEncoding('utf8')) {
        const lines = `${rest}${chunk}`.split('\n');
        rest = lines.pop() ?? '';
        events.push(...lines.filter((line) => line !== '').map(jsonOf));
        if (enough(events)) break;
      }
      response.destroy();
      return events;
    },
    close: () => agent.destroy(),
  };
}

function jsonOf(line: string): JsonObject {
  try {
    return JSON.parse(line);
  } catch {
    return {};
  }
}

/** Reaches the server through the proxy of the kubeconfig, as kubectl does. */
function tunnelAgent(proxyUrl: string, secrets: AgentOptions): Agent {
  const agent = new Agent({ ...secrets, keepAlive: false });
  const tunnel = async ({ host, port }: RequestOptions): Promise<Duplex> => {
    const sent = httpRequest(proxyUrl, { method: 'CONNECT', path: `${host}:${port}` });
    sent.end();
    const [response, socket] = await once(sent, 'connect');
    if (response.statusCode !== 200) {
      socket.destroy();
      throw new Error(`the proxy answers ${response.statusCode} ${response.statusMessage}`);
    }
    const secure = connect({ ...secrets, socket, servername: String(host) });
    await once(secure, 'secureConnect');
    return secure;
  };
  Object.assign(agent, {
    createConnection(options: RequestOptions, done: (error: unknown, socket?: Duplex) => void) {
      tunnel(options).then(
        (socket) => done(null, socket),
        (error: unknown) => done(error),
      );
    },
  });
  return agent;
}
