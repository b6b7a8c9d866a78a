import { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ClientResponse } from './client-exchange.ts';
import { responseHeaders } from './forwarded-headers.ts';
import type { RequestRecord } from './request-record.ts';
import { Tunnel } from './tunnel.ts';
import type { Upstream } from './upstream.ts';

export interface TunnelRequest {
  /** Of the upstream's answer, as undici has them. */
  readonly headers: readonly Buffer[];
  readonly client: Duplex;
  readonly upstreamSocket: Duplex;
  readonly upstream: Upstream;
  readonly closeMs: number;
  readonly exchange: { readonly response: ClientResponse; readonly record: RequestRecord };
}

/** Answers the upgrade as the upstream did, and joins the two connections. */
export function openTunnel({
  headers,
  client,
  upstreamSocket,
  upstream,
  closeMs,
  exchange,
}: TunnelRequest): void {
  const { response, record } = exchange;
  // From here on the connection carries no HTTP.
  if (response instanceof ServerResponse && response.socket !== null) response.detachSocket(response.socket);
  const release = upstream.acquire();
  const tunnel = new Tunnel({
    client,
    upstream: upstreamSocket,
    closeMs,
    onBytes: (fromClient, fromUpstream) => {
      record.bytesIn += fromClient;
      record.bytesOut += fromUpstream;
    },
  });
  tunnel.onEnd(() => {
    release();
    record.end();
  });
  client.write(switchingProtocols(responseHeaders(headers, record.requestId)), 'latin1');
  record.answered(101);
  // May close it at once.
  upstream.addTunnel(tunnel);
}

function switchingProtocols(headers: ReturnType<typeof responseHeaders>): string {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((each) => `${name}: ${each}\r\n`),
  );
  return `HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n${lines.join('')}\r\n`;
}
