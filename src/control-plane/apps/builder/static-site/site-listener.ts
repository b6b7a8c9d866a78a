import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { join } from 'node:path';
import sirv from 'sirv';

export interface SiteOptions {
  readonly directory: string;
  /** Paths without a file, and without an ending, are answered with index.html: its script routes them. */
  readonly isSinglePage: boolean;
}

/**
 * Serves the files that are there when it is made, by name: a request reaches nothing else. Neither names that begin with a dot nor
 * directory listings are served. Browsers ask again each time, and are told by ETag that nothing changed.
 */
export function siteListener({ directory, isSinglePage }: SiteOptions): RequestListener {
  const serve = sirv(directory, {
    etag: true,
    maxAge: 0,
    dotfiles: false,
    single: isSinglePage,
    setHeaders: (response) => response.setHeader('x-content-type-options', 'nosniff'),
  });
  const page = readIfExists(join(directory, '404.html'));
  return (request: IncomingMessage, response: ServerResponse) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response
        .writeHead(405, { allow: 'GET, HEAD', 'content-type': 'text/plain' })
        .end('405 Method Not Allowed\n');
      return;
    }
    serve(request, response, () => notFound(request, response, page));
  };
}

function notFound({ method }: IncomingMessage, response: ServerResponse, page: Buffer | undefined): void {
  const body = page ?? Buffer.from('404 Not Found\n');
  response.writeHead(404, {
    'content-type': page === undefined ? 'text/plain; charset=utf-8' : 'text/html; charset=utf-8',
    'content-length': body.length,
    'x-content-type-options': 'nosniff',
  });
  response.end(method === 'HEAD' ? undefined : body);
}

function readIfExists(file: string): Buffer | undefined {
  return existsSync(file) ? readFileSync(file) : undefined;
}
