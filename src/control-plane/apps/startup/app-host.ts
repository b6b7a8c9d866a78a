import type { Queryable } from '../../kernel/db/db.ts';
import type { HostProblem } from '../../kernel/jobs/job.ts';
import type { HostDrivers } from '../jobs/host-drivers.ts';
import { claimHost } from '../store/host.sql.ts';

/**
 * The host that runs instances and builds. Its drivers keep everything on this one host, so the installation has one: workers of other
 * hosts claim no jobs of applications.
 */
export class AppHost {
  readonly name: string;
  readonly #db: Queryable;
  readonly #open: () => Promise<HostDrivers>;
  #drivers: Promise<HostDrivers> | undefined;
  #asked: Promise<string> | undefined;

  /** @param open opens the drivers, once, when the first of them is needed */
  constructor(name: string, db: Queryable, open: () => Promise<HostDrivers>) {
    this.name = name;
    this.#db = db;
    this.#open = open;
  }

  drivers(): Promise<HostDrivers> {
    this.#drivers ??= this.#open().catch((error) => {
      this.#drivers = undefined;
      throw error;
    });
    return this.#drivers;
  }

  /** Whether this is the host of the applications; it becomes it when no other one is. */
  async isMine(): Promise<boolean> {
    return (await this.#owner()) === this.name;
  }

  async problem(): Promise<HostProblem | undefined> {
    const owner = await this.#owner();
    if (owner === this.name) return undefined;
    const message = `applications run on the host ${owner}: their instances and builds are there`;
    return { code: 'OTHER_HOST', message, isOfOtherHost: true };
  }

  /** The handlers of all job types ask at the same time. */
  #owner(): Promise<string> {
    this.#asked ??= this.#db
      .query(claimHost, { host: this.name })
      .then(([row]) => row?.host ?? this.name)
      .finally(() => {
        this.#asked = undefined;
      });
    return this.#asked;
  }
}
