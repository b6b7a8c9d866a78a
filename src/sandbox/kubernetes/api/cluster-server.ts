import { type KeyObject, X509Certificate } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { TLSSocket } from 'node:tls';
import type { InstalledCluster } from '../../cloud/cluster-folder.ts';
import type { JsonObject } from '../objects/kube-object.ts';
import { noSuchResource, PathNotFoundError, StatusError } from './api-error.ts';
import {
  AGGREGATED_DISCOVERY_TYPE,
  aggregatedDiscovery,
  apiResourceList,
  coreVersions,
  groupDocument,
  groupList,
} from './discovery.ts';
import { type Answer, type ApiContext, handleResourceRequest } from './handle-request.ts';
import { wantsAggregatedDiscovery } from './media-types.ts';
import { RESOURCE_TYPES } from './resource-types.ts';
import { kubernetesVersion } from './server-version.ts';

/** RFC 5280, 4.2.1.12: id-kp-clientAuth. */
const CLIENT_USAGE = '1.3.6.1.5.5.7.3.2';
const HEALTH_PATHS = ['/healthz', '/livez', '/readyz'];

/** The API server of one cluster. It does not listen: connections are given to it. */
export function createClusterServer(installed: InstalledCluster, context: ApiContext): Server {
  const authority = new X509Certificate(installed.authority).publicKey;
  const server = createServer(
    {
      cert: installed.serving.certificate,
      key: installed.serving.key,
      ca: installed.authority,
      requestCert: true,
      // Checked by each request, so that a wrong certificate is a Status and no broken connection.
      rejectUnauthorized: false,
      // Watches are quiet for a long time; the time for a request is limited by its headers and its body.
      requestTimeout: 60_000,
    },
    (request, response) => void answerRequest(request, response, { installed, authority }, context),
  );
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return server;
}

async function answerRequest(
  request: IncomingMessage,
  response: ServerResponse,
  { installed, authority }: { readonly installed: InstalledCluster; readonly authority: KeyObject },
  context: ApiContext,
): Promise<void> {
  try {
    const url = new URL(request.url ?? '/', 'https://cluster');
    if (HEALTH_PATHS.some((path) => url.pathname === path || url.pathname.startsWith(`${path}/`)))
      return sendText(response, healthText(url));
    if (url.pathname === '/version')
      return send(response, { code: 200, body: kubernetesVersion(installed.version) });
    authenticate(request, url.pathname, authority);
    const known = discoveryAnswer(request, response, url.pathname);
    const answer = known ?? (await handleResourceRequest(request, response, url, context));
    if (answer !== undefined) send(response, answer);
  } catch (thrown) {
    sendError(response, thrown);
  }
}

/** A client certificate of the cluster's authority is needed: the sandbox has no users but system:admin. @throws StatusError 401, 403 */
function authenticate(request: IncomingMessage, path: string, authority: KeyObject): void {
  const { socket, headers } = request;
  // `authorized` is not enough: it is also true for a resumed session without a certificate.
  const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
  if (certificate?.verify(authority) && isOfClient(certificate, new Date())) return;
  if (headers.authorization !== undefined || certificate !== undefined)
    throw new StatusError(401, 'Unauthorized', 'Unauthorized');
  const verb = (request.method ?? 'GET').toLowerCase();
  throw new StatusError(
    403,
    'Forbidden',
    `forbidden: User "system:anonymous" cannot ${verb} path "${path}"`,
    {},
  );
}

function isOfClient({ validFrom, validTo, keyUsage }: X509Certificate, at: Date): boolean {
  return at >= new Date(validFrom) && at <= new Date(validTo) && keyUsage.includes(CLIENT_USAGE);
}

function discoveryAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Answer | undefined {
  const parts = path
    .split('/')
    .slice(1)
    .filter((part) => part !== '');
  const [root, first, second, ...more] = parts;
  if (more.length > 0 || (root !== 'api' && root !== 'apis')) {
    if (root === 'api' || root === 'apis') return undefined;
    throw new PathNotFoundError();
  }
  if (root === 'api' && second !== undefined) return undefined;
  const document = discoveryDocument(request, response, root, first, second);
  if (document !== undefined) return { code: 200, body: document };
  throw isBuiltIn(root, first) ? noSuchResource() : new PathNotFoundError();
}

/** Is it a group of Kubernetes itself, in another version? */
function isBuiltIn(root: string, group: string | undefined): boolean {
  return RESOURCE_TYPES.some((type) => !type.isCustom && type.group === (root === 'api' ? '' : group));
}

function discoveryDocument(
  request: IncomingMessage,
  response: ServerResponse,
  root: 'api' | 'apis',
  first: string | undefined,
  second: string | undefined,
): JsonObject | undefined {
  if (first === undefined) {
    if (wantsAggregatedDiscovery(request.headers.accept)) {
      response.setHeader('content-type', AGGREGATED_DISCOVERY_TYPE);
      return aggregatedDiscovery(root);
    }
    return root === 'api' ? coreVersions() : groupList();
  }
  if (root === 'api') return apiResourceList('', first);
  return second === undefined ? groupDocument(first) : apiResourceList(first, second);
}

function healthText(url: URL): string {
  if (!url.searchParams.has('verbose')) return 'ok';
  const name = url.pathname.slice(1).split('/')[0];
  return ['[+]ping ok', '[+]etcd ok', `${name} check passed`, ''].join('\n');
}

function sendText(response: ServerResponse, text: string, code = 200): void {
  response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(text);
}

function send(response: ServerResponse, { code, body }: Answer): void {
  const text = `${JSON.stringify(body)}\n`;
  if (!response.hasHeader('content-type')) response.setHeader('content-type', 'application/json');
  response.setHeader('cache-control', 'no-cache, private');
  response.setHeader('content-length', Buffer.byteLength(text));
  response.writeHead(code);
  response.end(text);
}

function sendError(response: ServerResponse, thrown: unknown): void {
  if (thrown instanceof PathNotFoundError) {
    sendText(response, `${thrown.message}\n`, 404);
    return;
  }
  const error =
    thrown instanceof StatusError
      ? thrown
      : new StatusError(
          500,
          'InternalError',
          `Internal error occurred: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
        );
  if (!(thrown instanceof StatusError))
    process.stderr.write(`cluster API: ${thrown instanceof Error ? thrown.stack : String(thrown)}\n`);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (error.details?.retryAfterSeconds !== undefined)
    response.setHeader('retry-after', error.details.retryAfterSeconds);
  // The rest of a body that was not read would be taken for the next request.
  if (!response.req.complete) response.setHeader('connection', 'close');
  response.removeHeader('content-type');
  send(response, { code: error.code, body: JSON.parse(JSON.stringify(error.status)) as JsonObject });
}
