import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { findPostgresBinaries } from './postgres-binaries.ts';

export interface PostgresServer {
  /** Of the superuser, to the database `postgres`. */
  readonly url: string;
  /** Kills it with SIGKILL, and resolves when it has recovered from its log. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

const KEEPER = fileURLToPath(new URL('postgres-keeper.mjs', import.meta.url));

/**
 * Starts a server of its own in a temporary folder; it ends with `stop`, or when this process ends in whatever way.
 * @param settings as `name=value`: they override those of the tests
 */
export async function startPostgresServer(settings: readonly string[] = []): Promise<PostgresServer> {
  const directory = mkdtempSync(join(tmpdir(), 'ocpctl-postgres-'));
  try {
    chmodSync(directory, 0o755);
    const account = unprivilegedAccount();
    const bin = findPostgresBinaries(directory);
    initialise(bin, directory, account);
    return await keep(join(bin, 'postgres'), directory, account, settings);
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}

function initialise(bin: string, directory: string, account: Account | undefined): void {
  const data = join(directory, 'data');
  mkdirSync(data, { mode: 0o700 });
  if (account) chownSync(data, account.uid, account.gid);
  const options = '-U postgres --auth=trust --encoding=UTF8 --locale=C --no-sync --no-instructions';
  execFileSync(join(bin, 'initdb'), ['-D', data, ...options.split(' ')], {
    ...account,
    cwd: directory,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** The keeper removes the folder when the server ends. */
async function keep(
  postgres: string,
  directory: string,
  account: Account | undefined,
  settings: readonly string[],
): Promise<PostgresServer> {
  const port = await freePort();
  const keeper = spawn(
    process.execPath,
    [KEEPER, JSON.stringify({ postgres, directory, port, settings, ...account })],
    {
      stdio: ['pipe', 'ignore', 'pipe'],
      detached: true,
    },
  );
  let log = '';
  keeper.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    log = (log + chunk).slice(-4_000);
  });
  const exited = once(keeper, 'exit');
  const url = `postgresql://postgres@127.0.0.1:${port}/postgres`;
  await Promise.race([
    accepts(url),
    exited.then(() => Promise.reject(new Error(`PostgreSQL did not start:\n${log}`))),
  ]);
  return {
    url,
    crash: async () => {
      const { ended } = await openSession(url);
      keeper.stdin.write('crash\n');
      await ended;
      await accepts(url);
    },
    stop: async () => {
      keeper.stdin.destroy();
      await exited;
    },
  };
}

interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root. */
function unprivilegedAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const name = ['postgres', 'nobody'].find((candidate) => idOf('-u', candidate) !== undefined);
  const uid = name === undefined ? undefined : idOf('-u', name);
  const gid = name === undefined ? undefined : idOf('-g', name);
  if (uid === undefined || gid === undefined) throw new Error('no account but root to run PostgreSQL under');
  return { uid, gid };
}

function idOf(flag: '-u' | '-g', account: string): number | undefined {
  try {
    return Number(execFileSync('id', [flag, account], { stdio: ['ignore', 'pipe', 'ignore'] }).toString());
  } catch {
    return undefined;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

/** `ended` resolves when the server is not there any more. */
async function openSession(url: string): Promise<{ ended: Promise<void> }> {
  const client = new pg.Client(url);
  client.on('error', () => {}); // how it ends is of no interest
  const ended = new Promise<void>((resolve) => client.once('end', resolve));
  await client.connect();
  return { ended };
}

async function accepts(url: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    const client = new pg.Client(url);
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      if (tries === 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
