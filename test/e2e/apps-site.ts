import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, onTestFailed } from 'vitest';
import type { ApiClient } from '../../src/client/api-client.ts';
import type { AppDeployment, AppService } from '../../src/contract/documents.ts';
import type { Db } from '../../src/control-plane/kernel/db/db.ts';
import { createTestDatabase, moveClock } from '../setup/database.ts';
import { createAppDirectory, removeAppDirectory } from './app-directory.ts';
import { type ProcessInfo, processesMentioning } from './processes.ts';
import type { ServerProcess } from './server-process.ts';
import { type Finished, Site } from './site.ts';

const EXAMPLES = fileURLToPath(new URL('../../examples', import.meta.url));

export type Role = 'api' | 'worker' | 'edge';
const ROLES: Readonly<Record<Role, string>> = { api: 'api', worker: 'worker,janitor', edge: 'edge' };

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** An installation that runs applications, each role a process of its own, on a PostgreSQL database. */
export class AppsSite {
  readonly site: Site;
  readonly db: Db;
  readonly databaseUrl: string;
  readonly appDir = createAppDirectory();
  readonly servers = new Map<Role, ServerProcess>();

  constructor({ db, url }: { readonly db: Db; readonly url: string }, settings: NodeJS.ProcessEnv = {}) {
    this.db = db;
    this.databaseUrl = url;
    this.site = new Site({
      DATABASE_URL: url,
      OCPCTL_APP_DIR: this.appDir,
      OCPCTL_APP_RUNTIME: 'process',
      OCPCTL_EDGE_PORT: '0',
      OCPCTL_RECONCILE_INTERVAL_MS: '500',
      ...settings,
    });
  }

  async start(role: Role, env: NodeJS.ProcessEnv = {}): Promise<ServerProcess> {
    const previous = this.servers.get(role);
    const listen = role === 'api' && previous ? new URL(previous.url).host : '127.0.0.1:0';
    const server = await this.site.start({ listen, args: ['--role', ROLES[role]], env });
    this.servers.set(role, server);
    return server;
  }

  server(role: Role): ServerProcess {
    const server = this.servers.get(role);
    if (server === undefined) throw new Error(`no ${role} was started`);
    return server;
  }

  get client(): ApiClient {
    return this.site.client(this.server('api'));
  }

  /** Runs a command. @throws unless it ends with `code` */
  async cli(argv: readonly string[], code = 0): Promise<Finished> {
    const finished = await this.site.cli(...argv);
    expect(finished.code, `${argv.join(' ')}\n${finished.stderr}`).toBe(code);
    return finished;
  }

  async json<T>(...argv: string[]): Promise<T> {
    return JSON.parse((await this.cli([...argv, '--json'])).stdout) as T;
  }

  getService(name: string): Promise<AppService> {
    return this.json('app', 'get', name);
  }

  async deployment(id: string): Promise<AppDeployment> {
    return (await this.client.GET('/v1/app/deployments/{id}', { params: { path: { id } } })).data;
  }

  /** `http://127.0.0.1:PORT` of the edge. */
  async edge(): Promise<string> {
    const [row] = await this.rows<{ url: string }>(
      `select base_url as url from app_edges where seen_at > clock_now() - interval '10 seconds'`,
    );
    return `http://127.0.0.1:${new URL(row?.url.replace('*', 'any') ?? '').port}`;
  }

  /** Asks a service through the edge. Node.js does not resolve names below localhost. */
  async ask({ url }: Pick<AppService, 'url'>, path = '/'): Promise<Answer> {
    const { host, port } = new URL(url ?? '');
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port, path, headers: { host }, agent: false };
      request(options, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.on('error', reject);
      })
        .on('error', reject)
        .end();
    });
  }

  /** A directory with these files, the example hello-node below them if there is none. */
  source(name: string, files: Readonly<Record<string, string>>, example?: string): string {
    const directory = join(this.site.folder, 'sources', name);
    mkdirSync(directory, { recursive: true });
    if (example !== undefined) cpSync(join(EXAMPLES, example), directory, { recursive: true });
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), text);
    }
    return directory;
  }

  async rows<T extends object>(text: string, values: readonly unknown[] = []): Promise<T[]> {
    const { default: pg } = await import('pg');
    const client = new pg.Client(this.databaseUrl);
    await client.connect();
    try {
      return (await client.query(text, [...values])).rows as T[];
    } finally {
      await client.end();
    }
  }

  /** Of instances and their runners. */
  processes(): ProcessInfo[] {
    return processesMentioning(this.appDir).filter(({ argv }) => !/\b(run|guard)\.js\b/.test(argv));
  }

  moveClock(interval: string): Promise<void> {
    return moveClock(this.databaseUrl, interval);
  }

  async close(): Promise<void> {
    await Promise.all(this.site.servers.map((server) => server.kill()));
    await removeAppDirectory(this.appDir);
    await this.site.close();
  }
}

/** One for all tests of a file, with these roles. @returns what to call in a test */
export function useAppsSite(
  settings: NodeJS.ProcessEnv = {},
  roles: readonly Role[] = ['api', 'worker', 'edge'],
): () => AppsSite {
  let opened: AppsSite | undefined;
  let drop = async () => {};
  beforeAll(async () => {
    const database = await createTestDatabase();
    drop = database.drop;
    opened = new AppsSite(database, settings);
    for (const role of roles) await opened.start(role);
  });
  afterAll(async () => {
    await opened?.close();
    await drop();
  });
  beforeEach(() => {
    onTestFailed(() => void process.stderr.write(`${opened?.site.logs()}\n`));
  });
  return () => {
    if (opened === undefined) throw new Error('the site is open from beforeAll to afterAll');
    return opened;
  };
}
