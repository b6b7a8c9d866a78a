import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { DatabaseError } from './database-error.ts';

/** Above the ports that the runtime gives to instances, and below those that the kernel gives to clients. */
const FIRST = 30_000;
const LAST = 32_767;

const COUNT = LAST - FIRST + 1;

/**
 * A port of the loopback address that no database has and no program listens on. The search begins anywhere: another installation on the
 * host may look at the same time, and a database keeps its port.
 */
export async function findFreePort(taken: ReadonlySet<number>): Promise<number> {
  const start = randomInt(COUNT);
  for (let offset = 0; offset < COUNT; offset++) {
    const port = FIRST + ((start + offset) % COUNT);
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  throw new DatabaseError('failed', `all ports from ${FIRST} to ${LAST} are in use`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
