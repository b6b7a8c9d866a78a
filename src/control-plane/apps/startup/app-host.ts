import type { Queryable } from '../../kernel/db/db.ts';
import type { HostProblem } from '../../kernel/jobs/job.ts';
import type { DriverReport, HostDrivers, OpenedDrivers } from '../jobs/host-drivers.ts';
import { claimHost, readHost, setDrivers } from '../store/host.sql.ts';

/**
 * The host that runs instances and builds. Its drivers keep everything on this one host, so the installation has one: workers of other
 * hosts claim no jobs of applications.
 */
export class AppHost {
  readonly name: string;
  readonly #db: Queryable;
  readonly #open: () => Promise<OpenedDrivers>;
  #opened: Promise<OpenedDrivers> | undefined;
  #asked: Promise<string> | undefined;

  /** @param open opens the drivers, once, when the first of them is needed */
  constructor(name: string, db: Queryable, open: () => Promise<OpenedDrivers>) {
    this.name = name;
    this.#db = db;
    this.#open = open;
  }

  async drivers(): Promise<HostDrivers> {
    return (await this.#openOnce()).chosen;
  }

  /** Tells the installation what this host could use. @returns those that are chosen and cannot be used */
  async reportDrivers(): Promise<readonly DriverReport[]> {
    const { probe } = await this.#openOnce();
    const drivers = await probe();
    await this.#db.query(setDrivers, { host: this.name, drivers });
    return drivers.filter(({ selected, usable }) => selected && !usable);
  }

  #openOnce(): Promise<OpenedDrivers> {
    this.#opened ??= this.#open().catch((error) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
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
    this.#asked ??= this.#readOrClaim().finally(() => {
      this.#asked = undefined;
    });
    return this.#asked;
  }

  /** Asked every few seconds for as long as the server lives: only a host that is not the one yet writes. */
  async #readOrClaim(): Promise<string> {
    const [known] = await this.#db.query(readHost, {});
    if (known?.host === this.name) return this.name;
    const [row] = await this.#db.query(claimHost, { host: this.name });
    return row?.host ?? this.name;
  }
}
