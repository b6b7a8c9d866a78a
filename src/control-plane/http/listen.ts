import type { FastifyInstance } from 'fastify';
import { SetupError } from '../kernel/errors.ts';

/** Opens the door. @returns the URL; port 0 takes a free one. @throws SetupError when the address cannot be had */
export async function listen(
  app: FastifyInstance,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE') {
      throw new SetupError(`port ${port} on ${host} is in use`, {
        hint: 'choose another one with --listen HOST:PORT',
        cause: error,
      });
    }
    if (code === 'EACCES' || code === 'EADDRNOTAVAIL') {
      throw new SetupError(`cannot listen on ${host}:${port}`, {
        hint: 'choose another address with --listen HOST:PORT',
        cause: error,
      });
    }
    throw error;
  }
}
