import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { Duplex } from 'node:stream';

const LOOPBACK = '127.0.0.1';
const API_PORT = '6443';
const FOLDER_HEADER = 'x-ocpctl-sandbox';
const PROBE_MS = 2_000;

/** Where the API of a host name is; undefined: there is no such cluster. */
export type FindCluster = (domain: string) => Pick<TlsServer, 'emit'> | undefined;

/**
 * The proxy that kubeconfigs name: `CONNECT api.NAME.DOMAIN:6443` reaches the API server of that cluster in this process, and nothing
 * else. So each cluster has the address and the authority of a real one, and all share one port.
 */
export function createConnectProxy(cloudDir: string, find: FindCluster): Server {
  const proxy = createServer((message, response) => explain(cloudDir, message, response));
  proxy.on('connect', (message: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const [domain = '', port] = (message.url ?? '').split(':');
    const cluster = port === API_PORT ? find(domain) : undefined;
    if (cluster === undefined) {
      const text = `no cluster of this sandbox answers at ${message.url}\n`;
      socket.end(
        `HTTP/1.1 404 No such cluster in the sandbox\r\ncontent-type: text/plain\r\ncontent-length: ${text.length}\r\nconnection: close\r\n\r\n${text}`,
      );
      return;
    }
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    if (head.length > 0) socket.unshift(head);
    cluster.emit('connection', socket);
  });
  return proxy;
}

function explain(cloudDir: string, _message: IncomingMessage, response: ServerResponse): void {
  const text =
    'This is the proxy of the Kubernetes API of sandbox clusters: use the kubeconfig of a cluster.\n';
  response.writeHead(404, { 'content-type': 'text/plain', [FOLDER_HEADER]: folderId(cloudDir) });
  response.end(text);
}

/** @returns false if another program listens on the port. @throws the error of the system */
export async function listenOn(proxy: Server, port: number): Promise<boolean> {
  return await new Promise((resolve, reject) => {
    const onListening = () => {
      proxy.off('error', onError);
      resolve(true);
    };
    const onError = (error: NodeJS.ErrnoException) => {
      proxy.off('listening', onListening);
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    };
    proxy.once('error', onError);
    proxy.once('listening', onListening);
    proxy.listen(port, LOOPBACK);
  });
}

/** Who listens on the port: another process for the same cloud, something else, or none any more. */
export async function whoListens(cloudDir: string, port: number): Promise<'same cloud' | 'other' | 'none'> {
  return await new Promise((resolve) => {
    const probe = request(
      { host: LOOPBACK, port, path: '/', timeout: PROBE_MS, agent: false },
      (response) => {
        response.resume();
        resolve(response.headers[FOLDER_HEADER] === folderId(cloudDir) ? 'same cloud' : 'other');
      },
    );
    probe.once('timeout', () => probe.destroy());
    probe.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'ECONNREFUSED' ? 'none' : 'other'),
    );
    probe.end();
  });
}

/** Tells processes of one cloud from others, without saying where its folder is. */
function folderId(cloudDir: string): string {
  return createHash('sha256').update(cloudDir).digest('hex').slice(0, 16);
}
