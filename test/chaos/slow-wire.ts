import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A way to the database that can be held: what is sent meanwhile arrives late, but it arrives. */
export interface SlowWire {
  readonly url: string;
  hold(): void;
  release(): void;
}

export async function layWire(databaseUrl: string): Promise<SlowWire> {
  const { hostname, port } = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let held = false;
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.pipe(to, { end: true });
      from.on('error', () => to.destroy());
      from.on('close', () => sockets.delete(from));
    }
    if (held) cut(near, far);
  });
  // Unpiped and paused, a socket keeps what it was sent; what the other side gave up on is delivered all the same.
  const cut = (...ends: Socket[]): void => {
    for (const end of ends) end.pause();
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const through = new URL(databaseUrl);
  through.port = String((server.address() as AddressInfo).port);
  return {
    url: through.href,
    hold() {
      held = true;
      cut(...sockets);
    },
    release() {
      held = false;
      for (const socket of sockets) socket.resume();
    },
  };
}
