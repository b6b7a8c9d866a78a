import type { FastifyInstance } from 'fastify';
import { messageOf, SetupError, systemCodeOf } from '../kernel/errors.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Starts to listen. @returns the URL; port 0 takes a free one. @throws SetupError when the address cannot be had */
export async function listen(app: FastifyInstance, { host, port }: Address): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    throw listenError(error, { host, port }, '--listen');
  }
}

/** @returns what to tell the operator about an address that cannot be had; any other error as it is. */
export function listenError(error: unknown, { host, port }: Address, flag: string): unknown {
  const code = systemCodeOf(error);
  if (code === 'EADDRINUSE') {
    return new SetupError(`port ${port} on ${host} is in use`, {
      hint: `choose another one with ${flag} HOST:PORT`,
      cause: error,
    });
  }
  if (code !== undefined) {
    return new SetupError(`cannot listen on ${host}:${port}: ${messageOf(error)}`, {
      hint: `choose another address with ${flag} HOST:PORT`,
      cause: error,
    });
  }
  return error;
}
