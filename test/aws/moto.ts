import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** moto, and a verifier of DSSE envelopes, with their exact versions; .ci/run installs the same. */
const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url));
const START_TIMEOUT_MS = 30_000;
const run = promisify(execFile);

export interface MotoServer {
  readonly endpoint: string;
  /** The interpreter of its environment. */
  readonly python: string;
  stop(): Promise<void>;
}

/** Starts moto on a free loopback port. Installs it into a Python environment in the cache at first use. */
export async function startMoto(): Promise<MotoServer> {
  const command = process.env['OCPCTL_MOTO_SERVER'] ?? (await installedMoto());
  const port = await freePort();
  const child = spawn(command, ['--host', '127.0.0.1', '--port', String(port)], { stdio: 'ignore' });
  const failed = once(child, 'error').then(([error]) => {
    throw error;
  });
  failed.catch(() => {});
  const endpoint = `http://127.0.0.1:${port}`;
  await Promise.race([answering(endpoint, child), failed]);
  return { endpoint, python: join(dirname(command), 'python'), stop: () => stop(child) };
}

async function installedMoto(): Promise<string> {
  const wanted = readFileSync(REQUIREMENTS, 'utf8').trim();
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'ocpctl-tests');
  const home = join(cache, wanted.replace(/[^a-z0-9.]+/g, '-'));
  const server = join(home, 'bin', 'moto_server');
  if (existsSync(server)) return server;
  await mkdir(cache, { recursive: true });
  try {
    await run('python3', ['-m', 'venv', '--clear', home]);
    await run(join(home, 'bin', 'pip'), [
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '-r',
      REQUIREMENTS,
    ]);
  } catch (error) {
    await rm(home, { recursive: true, force: true });
    const [first] = (error as Error).message.split('\n');
    throw new Error(`python3 with pip could not install ${wanted}: ${first}`, { cause: error });
  }
  return server;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function answering(endpoint: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`moto ended with exit code ${child.exitCode}`);
    const answer = await fetch(`${endpoint}/moto-api/`).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(100);
  }
  await stop(child);
  throw new Error('moto did not answer in time');
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}
