import type { IncomingMessage } from 'node:http';
import { StatusError } from './api-error.ts';

/** Limit of the real server for the body of a request. */
const MAX_BODY_BYTES = 3 * 1024 * 1024;

/** @throws StatusError 413 */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > MAX_BODY_BYTES) {
      const message = `Request entity too large: limit is ${MAX_BODY_BYTES}`;
      throw new StatusError(413, 'RequestEntityTooLarge', message);
    }
    chunks.push(part);
  }
  return Buffer.concat(chunks).toString('utf8');
}
