import { createServer, type Server } from 'node:net';
import { systemCodeOf } from '../../errors.ts';

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

export interface ReservedPort {
  readonly port: number;
  /** Also released when this process ends, however it ends. */
  release(): void;
}

/**
 * Reserves a port of 127.0.0.1 on which nothing listens. Others that reserve ports on this host are kept out by a socket that the kernel
 * gives to one process only (an abstract one, unix(7)): the program may take its time until it listens on the port.
 * @param isTaken ports of programs that have lost the process which reserved them
 * @returns undefined when all ports of the range are in use
 */
export async function reservePort(
  { first, last }: PortRange,
  isTaken: (port: number) => boolean,
  startAt = Math.floor(Math.random() * (last - first + 1)),
): Promise<ReservedPort | undefined> {
  const size = last - first + 1;
  for (let tries = 0; tries < size; tries++) {
    const port = first + ((startAt + tries) % size);
    if (isTaken(port)) continue;
    const lock = await listen({ path: `\0ocpctl-port-${port}` });
    if (lock === undefined) continue;
    const trial = await listen({ host: '127.0.0.1', port });
    if (trial === undefined) {
      lock.close();
      continue;
    }
    await new Promise((resolve) => trial.close(resolve));
    return { port, release: () => lock.close() };
  }
  return undefined;
}

/** @returns undefined when another one listens there */
function listen(address: { readonly path: string } | { readonly host: string; readonly port: number }) {
  return new Promise<Server | undefined>((resolve, reject) => {
    const server = createServer((connection) => connection.on('error', () => undefined).destroy());
    server.once('error', (error) => {
      if (systemCodeOf(error) === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(address, () => resolve(server.unref()));
  });
}
