import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AppService } from '../../src/contract/documents.ts';
import type { AppsSite } from './apps-site.ts';
import { eventually } from './eventually.ts';

export interface Gates {
  /** The instance is ready when this file is there. */
  readonly ready?: string;
  /** It ends at its start when this file is there. */
  readonly crash?: string;
}

interface Instance {
  readonly id: string;
  readonly state: string;
  readonly serving: boolean;
}

/** Services whose instances fail when a test wants it, and what is left of them. */
export class FailingServices {
  readonly #site: AppsSite;

  constructor(site: AppsSite) {
    this.#site = site;
  }

  /** Requests to `/slow` end when this file is there. */
  get slowFile(): string {
    return join(this.#site.appDir, 'slow');
  }

  async deploy(name: string, version: string, gates: Gates = {}, ...flags: string[]): Promise<AppService> {
    const directory = this.#site.source(`${name}-${version}`, {
      'package.json': JSON.stringify({ name, private: true, scripts: { start: 'node server.js' } }),
      'app.yaml': 'health: { path: /healthz }',
      'server.js': this.#program(version, gates),
    });
    const argv = ['app', 'deploy', directory, '--name', name, '--json', ...flags];
    return JSON.parse((await this.#site.cli(argv)).stdout) as AppService;
  }

  /** Answers its version and its process; `/hog` takes memory without end. */
  #program(version: string, { ready = '/', crash = join(this.#site.appDir, 'not-there') }: Gates): string {
    return `
      const { existsSync } = require('node:fs');
      if (existsSync('${crash}')) process.exit(4);
      const taken = [];
      require('node:http').createServer((request, response) => {
        if (request.url === '/healthz') response.statusCode = existsSync('${ready}') ? 200 : 503;
        if (request.url === '/hog') for (;;) taken.push(Buffer.alloc(8_000_000, 1));
        if (request.url !== '/slow') return response.end('${version} ' + process.pid);
        response.write('begin');
        const poll = setInterval(() => {
          if (!existsSync('${this.slowFile}')) return;
          clearInterval(poll);
          response.end(' end');
        }, 50);
      }).listen(Number(process.env.PORT), '127.0.0.1');
    `;
  }

  /** @returns the id of the instance */
  async untilOneServes({ id, url }: Pick<AppService, 'id' | 'url'>, version: string): Promise<string> {
    const instance = await eventually(
      'exactly one instance serves, and nothing of others is on the host',
      async () => {
        const rows = await this.instancesOf(id);
        const [row] = rows;
        if (rows.length !== 1 || row?.state !== 'RUNNING' || !row.serving) return false;
        const all = await this.#site.rows<{ id: string }>(
          `select id from app_instances where state <> 'REMOVED'`,
        );
        const known = all.map((other) => other.id).sort();
        if (this.#directories().join() !== known.join()) return false;
        return (await this.#site.ask({ url })).text.startsWith(version) ? row : false;
      },
      { explain: async () => JSON.stringify([await this.instancesOf(id), this.#directories()]) },
    );
    return instance.id;
  }

  /** Those that were not removed. */
  instancesOf(serviceId: string): Promise<Instance[]> {
    return this.#site.rows<Instance>(
      `select id, state, is_serving as serving from app_instances where service_id = $1 and state <> 'REMOVED'`,
      [serviceId],
    );
  }

  #directories(): string[] {
    const folder = join(this.#site.appDir, 'runtime', 'instances');
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .filter((name) => name.startsWith('ins_'))
      .sort();
  }

  /** Of the program that answers. */
  async pidOf(service: Pick<AppService, 'url'>): Promise<number> {
    return Number((await this.#site.ask(service)).text.split(' ')[1]);
  }

  async stateOf(deploymentId: string): Promise<string | undefined> {
    const [row] = await this.#site.rows<{ state: string }>(
      'select state from app_deployments where id = $1',
      [deploymentId],
    );
    return row?.state;
  }
}
