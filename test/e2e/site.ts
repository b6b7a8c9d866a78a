import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiClient, createApiClient } from '../../src/client/api-client.ts';
import type { Overlap } from '../../src/sandbox/cloud/installer-registry.ts';
import { openSimulatedCloud, type SimulatedResource } from '../../src/sandbox/cloud/simulated-cloud.ts';
import { type FaultInput, setFaults } from '../../src/sandbox/faults/faults.ts';
import { readOverlaps } from '../sandbox/read-overlaps.ts';
import type { Cluster } from './clusters.ts';
import { eventually } from './eventually.ts';
import { installersMentioning, processesMentioning } from './processes.ts';
import { ENTRY, ServerProcess } from './server-process.ts';

export interface Finished {
  readonly code: number | NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartedCommand {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  /** What it has written so far. */
  stderr(): string;
}

export interface StartOptions {
  /** HOST:PORT of the API; default a free port. */
  readonly listen?: string;
  readonly args?: readonly string[];
  /** `real`: without --sandbox; on the embedded database when the settings name no other. */
  readonly mode?: 'sandbox' | 'real';
  readonly env?: NodeJS.ProcessEnv;
  readonly launcher?: readonly string[];
  /** The program, default that of the site. */
  readonly entry?: string;
}

const KEY_OF_CONTEXT = 'local';

/** Everything that one installation has on this machine: folder, settings, servers, and its simulated cloud. */
export class Site {
  readonly folder = mkdtempSync(join(tmpdir(), 'ocpctl-site-'));
  readonly dataDir = join(this.folder, 'data');
  readonly cloudDir = join(this.dataDir, 'sandbox-cloud');
  readonly env: NodeJS.ProcessEnv;
  readonly entry: string;
  readonly servers: ServerProcess[] = [];
  readonly #clients: ApiClient[] = [];

  /** @param settings environment of servers and commands, on top of one in which nothing waits without need. */
  constructor(settings: NodeJS.ProcessEnv = {}, entry: string = ENTRY) {
    this.entry = entry;
    mkdirSync(this.cloudDir, { recursive: true, mode: 0o700 });
    this.env = {
      PATH: process.env['PATH'],
      HOME: this.folder,
      TZ: 'UTC',
      OCPCTL_CONFIG_DIR: join(this.folder, 'config'),
      OCPCTL_DATA_DIR: this.dataDir,
      OCPCTL_SANDBOX_SPEED: '0',
      OCPCTL_SANDBOX_SETTLE_MS: '20',
      OCPCTL_POLL_MS: '400',
      OCPCTL_BACKOFF_MS: '50',
      OCPCTL_EXPIRY_INTERVAL_MS: '300',
      OCPCTL_REQUESTS_PER_MINUTE: '1000000',
      OCPCTL_REQUEST_BURST: '1000000',
      OCPCTL_TEAM_CREATES_PER_HOUR: '1000000',
      ...settings,
    };
  }

  /** Starts a server and does not wait for it. */
  spawnServer({
    listen = '127.0.0.1:0',
    args = [],
    mode = 'sandbox',
    env = {},
    launcher,
    entry = this.entry,
  }: StartOptions = {}): ServerProcess {
    const server = new ServerProcess({
      argv: [...this.#modeFlags(mode), '--listen', listen, ...args],
      env: { ...this.env, ...env },
      cwd: this.folder,
      entry,
      logFile: join(this.folder, `server-${this.servers.length + 1}.log`),
      ...(launcher === undefined ? {} : { launcher }),
    });
    this.servers.push(server);
    return server;
  }

  #modeFlags(mode: 'sandbox' | 'real'): readonly string[] {
    if (mode === 'sandbox') return ['--sandbox'];
    return this.env['DATABASE_URL'] === undefined ? ['--embedded'] : [];
  }

  async start(options: StartOptions = {}): Promise<ServerProcess> {
    return this.spawnServer(options).ready();
  }

  /** Starts a command as a user would. */
  command(argv: readonly string[], env: NodeJS.ProcessEnv = {}): StartedCommand {
    return this.#start(process.execPath, [this.entry, ...argv], env);
  }

  /** Runs any program with the settings of the site. */
  run(file: string, argv: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Finished> {
    return this.#start(file, argv, env).finished;
  }

  #start(file: string, argv: readonly string[], env: NodeJS.ProcessEnv): StartedCommand {
    const child = spawn(file, argv, {
      env: { ...this.env, ...env },
      cwd: this.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    const finished = new Promise<Finished>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve({ code: code ?? signal, stdout, stderr }));
    });
    return { child, finished, stderr: () => stderr };
  }

  cli(...argv: string[]): Promise<Finished> {
    return this.command(argv).finished;
  }

  /** The key that the first start made for the admin. */
  adminKey(): { readonly accessKeyId: string; readonly secretAccessKey: string } {
    const { contexts } = JSON.parse(readFileSync(join(this.folder, 'config', 'config.json'), 'utf8'));
    return contexts[KEY_OF_CONTEXT];
  }

  /** Speaks to one server, as the admin or with a key of someone else. */
  client(server: ServerProcess, key?: { readonly id: string; readonly secretAccessKey: string }): ApiClient {
    return this.clientOf(server.url, key);
  }

  /** The same for what is in front of servers. */
  clientOf(url: string, key?: { readonly id: string; readonly secretAccessKey: string }): ApiClient {
    const client = createApiClient({
      server: url,
      credentials: key ? { accessKeyId: key.id, secretAccessKey: key.secretAccessKey } : this.adminKey(),
      region: 'local',
      timeoutMs: 30_000,
      userAgent: 'ocpctl-tests',
    });
    this.#clients.push(client);
    return client;
  }

  async setFaults(...faults: FaultInput[]): Promise<void> {
    await setFaults(this.cloudDir, faults);
  }

  /** What exists in the simulated cloud: all of it, or what belongs to the clusters of a name. */
  async cloud(clusterName?: string): Promise<SimulatedResource[]> {
    const all = await openSimulatedCloud(this.cloudDir, { caller: 'test' }).list();
    return clusterName === undefined
      ? all
      : all.filter(({ infraId }) => infraId.startsWith(`${clusterName}-`));
  }

  /** Every command that installers were started with for a cluster. */
  installerCommands({ id }: Pick<Cluster, 'id'>): string[] {
    const file = join(this.cloudDir, 'attempts.jsonl');
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    const attempts: { command: string; cluster: string }[] = lines.map((line) => JSON.parse(line));
    return attempts.filter(({ cluster }) => cluster === id).map(({ command }) => command);
  }

  async removeFromCloud(id: string): Promise<void> {
    await openSimulatedCloud(this.cloudDir, { caller: 'test' }).remove({ id });
  }

  overlaps(): Overlap[] {
    return readOverlaps(this.cloudDir);
  }

  /** Installers of this site that run now, with their descendants. */
  installers(): ReturnType<typeof installersMentioning> {
    return installersMentioning(this.dataDir);
  }

  /** What the servers said and which processes run, for the message of a failed test. */
  logs(): string {
    const told = (log: string) => log.split('\n').filter((line) => !line.includes('"msg":"request"'));
    const ofServers = this.servers.map(
      (server) => `--- server ${server.pid}\n${told(server.log()).join('\n').slice(-4_000)}`,
    );
    const processes = processesMentioning(this.folder).map(
      ({ pid, parentPid, argv }) => `${pid} of ${parentPid}: ${argv.slice(0, 400)}`,
    );
    return [...ofServers, '--- processes', ...processes].join('\n');
  }

  /** Ends every server, waits until no process of this site is left, and removes its folder. @throws when one stays. */
  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    await Promise.all(this.servers.map((server) => server.kill()));
    try {
      await eventually(
        'every process of the site is gone',
        () => processesMentioning(this.folder).length === 0,
        {
          withinMs: 20_000,
          explain: () =>
            processesMentioning(this.folder)
              .map(({ pid, argv }) => `${pid} ${argv}`)
              .join('\n'),
        },
      );
    } finally {
      for (const { pid } of processesMentioning(this.folder)) end(pid);
      rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
    }
  }
}

/** A process that should have been gone must not be left running on the machine. */
function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended between the look and the signal.
  }
}
