import { closeSync, openSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { basename, dirname } from 'node:path';
import { systemCodeOf } from '../errors.ts';

/** Listened on by the holder of a lock. The kernel closes it when the process ends, however it ends. */
export interface LockSocket {
  /** Closes the socket and removes its file. */
  close(): void;
}

/** The path of a Unix socket has at most 108 bytes with its end on Linux, and 104 on macOS (sys/un.h). */
const MAX_PATH_BYTES = 103;

/** What `bind` says where the file system has no sockets (for example shared folders of virtual machines), or none of such a path. */
const NO_SOCKETS = new Set([
  'EOPNOTSUPP',
  'ENOTSUP',
  'ENOSYS',
  'EPERM',
  'EACCES',
  'EINVAL',
  'ENAMETOOLONG',
  'ENOENT',
]);

/** @returns undefined where sockets are not possible; other failures are thrown */
export async function openLockSocket(path: string): Promise<LockSocket | undefined> {
  const short = shortPath(path);
  try {
    const server = await listen(short.path);
    return {
      close() {
        // Removes the file at once, through the short path.
        server.close();
        short.release();
      },
    };
  } catch (error) {
    short.release();
    if (NO_SOCKETS.has(systemCodeOf(error) ?? '')) return undefined;
    throw error;
  }
}

/** @returns whether a process listens on the socket; undefined if it cannot be known. Valid on the host of the listener only. */
export async function isListening(path: string): Promise<boolean | undefined> {
  const short = shortPath(path);
  try {
    const code = await connectCode(short.path);
    // EAGAIN: the listener is busy or stopped, and its queue is full.
    if (code === undefined || code === 'EAGAIN') return true;
    return code === 'ECONNREFUSED' ? false : undefined;
  } finally {
    short.release();
  }
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((connection) => connection.on('error', () => undefined).destroy());
    server.once('error', reject);
    server.listen({ path }, () => resolve(server.unref()));
  });
}

/** @returns the code of the failure; undefined after a success */
function connectCode(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const connection = connect({ path });
    connection.once('error', (error) => resolve(systemCodeOf(error) ?? 'unknown'));
    connection.once('connect', () => {
      connection.destroy();
      resolve(undefined);
    });
  });
}

/** Reaches the directory of a long path through a file descriptor, where the system has `/proc`. */
function shortPath(path: string): { readonly path: string; release(): void } {
  if (Buffer.byteLength(path) <= MAX_PATH_BYTES || process.platform !== 'linux') {
    return { path, release: () => undefined };
  }
  const directory = openSync(dirname(path), 'r');
  return {
    path: `/proc/self/fd/${directory}/${basename(path)}`,
    release: () => closeSync(directory),
  };
}
