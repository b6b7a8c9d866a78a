import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { PROBLEM_TYPE, problemDocument } from './problems.ts';

/** Errors of Node's parser by code; all others are a 400. */
const CAUSES: Readonly<Record<string, readonly [status: number, code: string, detail: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'REQUEST_TIMEOUT', 'The request did not arrive in time.'],
  HPE_HEADER_OVERFLOW: [431, 'HEADERS_TOO_LARGE', 'The headers are larger than the server accepts (8 KiB).'],
};
const MALFORMED = [400, 'BAD_REQUEST', 'This is not an HTTP request that the server can read.'] as const;

/**
 * Answers a request that could not be parsed with a problem, and closes the connection. On a connection that has carried a response
 * it writes nothing: the bytes could end up inside that response.
 */
export function rejectMalformed(
  newRequestId: () => string,
): (error: { code?: string }, socket: Socket) => void {
  return (error, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable || socket.bytesWritten > 0) {
      socket.destroy();
      return;
    }
    const [status, code, detail] = CAUSES[error.code ?? ''] ?? MALFORMED;
    const requestId = newRequestId();
    const body = JSON.stringify(problemDocument({ status, code, detail, errors: [], requestId }));
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'connection: close',
      'cache-control: no-store',
      `content-type: ${PROBLEM_TYPE}`,
      `content-length: ${Buffer.byteLength(body)}`,
      `x-request-id: ${requestId}`,
    ];
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
  };
}
