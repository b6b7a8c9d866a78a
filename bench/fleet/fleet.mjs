import { claimJobs } from '../../src/control-plane/kernel/jobs/claim.sql.ts';
import { enqueueJob } from '../../src/control-plane/kernel/jobs/enqueue.sql.ts';
import { appendEvents } from '../../src/control-plane/kernel/jobs/events.sql.ts';
import { reclaimExpiredLeases } from '../../src/control-plane/kernel/jobs/lease.sql.ts';
import { settleJobs } from '../../src/control-plane/kernel/jobs/settle.sql.ts';
import { registerWorker, renewLease } from '../../src/control-plane/kernel/jobs/workers.sql.ts';
import { EventQueue, seededRandom } from './event-queue.mjs';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;
/** Of the product: lease, beat, poll of the table, and the take-over of dead workers' lanes by a janitor. */
const LEASE_MS = 30 * SECOND;
const BEAT_MS = 10 * SECOND;
const POLL_MS = 5 * SECOND;
const RECLAIM_MS = 5 * SECOND;
/** Between a commit and the claim that its wake-up leads to. */
const WAKE_MS = 20;
const WORK = {
  'cluster.create': { meanMs: 40 * MINUTE, writes: 30 },
  'cluster.destroy': { meanMs: 8 * MINUTE, writes: 10 },
};
const TYPES = Object.keys(WORK);

/**
 * A fleet in virtual time: every statement of the queue is the product's and runs on PostgreSQL, whose `clock_now()` is the virtual time;
 * what an installer does is a wait. Workers die without a word, and others come.
 */
export class Fleet {
  #db;
  #o;
  #random;
  #events = new EventQueue();
  #workers = new Map();
  #now = 0;
  #serial = 0;
  #idleLanes;
  #wakePending = false;
  #startedAt = Date.now();
  #measured;

  /**
   * @param {object} options
   * @param {number} options.clustersPerDay
   * @param {number} options.workers
   * @param {number} options.slots of each
   * @param {number} options.lanes that exist before, one for each cluster
   * @param {'notify' | 'queue'} options.wake `notify`: all workers look; `queue`: one, as with SQS
   * @param {number} options.lifeHours after which a worker dies, on average
   */
  constructor(db, options) {
    this.#db = db;
    this.#o = options;
    this.#random = seededRandom(options.seed);
    this.#idleLanes = options.lanes;
    this.#measured = newFigures();
  }

  /** @returns the figures of the time after the warm-up */
  async run({ warmUpMinutes, minutes }) {
    for (let i = 0; i < this.#o.workers; i++) await this.#join();
    this.#every(RECLAIM_MS, () => this.#reclaim());
    for (const type of TYPES) this.#arrive(type);
    await this.#runUntil(warmUpMinutes * MINUTE);
    this.#measured = newFigures();
    await this.#runUntil((warmUpMinutes + minutes) * MINUTE);
    return { ...this.#measured, running: this.#running(), slots: this.#workers.size * this.#o.slots };
  }

  #running() {
    return [...this.#workers.values()].reduce((sum, { running }) => sum + running.size, 0);
  }

  async #runUntil(end) {
    for (let event = this.#events.next(); event !== undefined; event = this.#events.next()) {
      if (event.at > end) {
        this.#events.add(event.at, event.run);
        return;
      }
      this.#now = event.at;
      await event.run();
    }
  }

  /** One statement at the virtual time. */
  async #query(statement, params) {
    await this.#db.script(
      `set ocpctl.clock_offset = '${this.#startedAt + this.#now - Date.now()} milliseconds'`,
    );
    const began = performance.now();
    const rows = await this.#db.query(statement, params);
    const { count = 0, ms = 0 } = this.#measured.statements[statement.name] ?? {};
    this.#measured.statements[statement.name] = { count: count + 1, ms: ms + performance.now() - began };
    return rows;
  }

  #every(intervalMs, run) {
    this.#events.add(this.#now + intervalMs, async () => {
      if ((await run()) !== false) this.#every(intervalMs, run);
    });
  }

  /** Exponentially distributed. */
  #waitOf(meanMs) {
    return -Math.log(1 - this.#random()) * meanMs;
  }

  #arrive(type) {
    this.#events.add(this.#now + this.#waitOf(DAY / this.#o.clustersPerDay), async () => {
      this.#arrive(type);
      await this.#enqueue(type);
    });
  }

  async #enqueue(type) {
    const id = `job_sim_${++this.#serial}`;
    const isCreate = type === 'cluster.create';
    const lane = isCreate ? `clu_new_${this.#serial}` : `clu_idle_${this.#idleLanes--}`;
    await this.#query(enqueueJob, {
      ...{ id, resourceId: lane, resourceKind: 'cluster', resourceName: lane, team: 'sim', jobType: type },
      ...{ payload: { readyAt: this.#now }, requestedBy: 'local:sim', traceparent: null, maxAttempts: 5 },
    });
    this.#wake();
  }

  #wake() {
    if (this.#o.wake === 'queue') {
      this.#events.add(this.#now + WAKE_MS, () => this.#claimBy(this.#freeWorker()));
      return;
    }
    // Wake-ups of the same moment are one.
    if (this.#wakePending) return;
    this.#wakePending = true;
    this.#events.add(this.#now + WAKE_MS, async () => {
      this.#wakePending = false;
      for (const worker of [...this.#workers.values()]) await this.#claimBy(worker);
    });
  }

  #freeWorker() {
    const free = [...this.#workers.values()].filter(({ running }) => running.size < this.#o.slots);
    return free[Math.floor(this.#random() * free.length)];
  }

  async #join() {
    const id = `wrk_sim_${++this.#serial}`;
    await this.#query(registerWorker, {
      ...{ id, host: id, pid: 1, roles: ['worker'], leaseMs: LEASE_MS, jobTypes: TYPES, problems: [] },
    });
    const worker = { id, running: new Map(), isAlive: true };
    this.#workers.set(id, worker);
    this.#every(BEAT_MS, async () => {
      if (!worker.isAlive) return false;
      await this.#query(renewLease, { id, leaseMs: LEASE_MS, draining: false, problems: [] });
    });
    this.#every(POLL_MS, async () => {
      if (!worker.isAlive) return false;
      await this.#claimBy(worker);
    });
    this.#events.add(this.#now + this.#waitOf(this.#o.lifeHours * 60 * MINUTE), () => this.#die(worker));
  }

  /** Its jobs stay where they are until its lease is over. A new one comes after two minutes. */
  #die(worker) {
    worker.isAlive = false;
    this.#workers.delete(worker.id);
    this.#measured.deaths += 1;
    this.#events.add(this.#now + 2 * MINUTE, () => this.#join());
  }

  async #reclaim() {
    const lost = await this.#query(reclaimExpiredLeases, {});
    this.#measured.reclaimed += lost.length;
    if (lost.length > 0) this.#wake();
  }

  async #claimBy(worker) {
    const slots = worker?.isAlive ? this.#o.slots - worker.running.size : 0;
    if (slots === 0) return;
    const rows = await this.#query(claimJobs, { slots, workerId: worker.id, types: TYPES });
    // One row says only when the next job will be ready.
    const jobs = rows.filter(({ id }) => id !== null);
    this.#measured.claims += 1;
    if (jobs.length === 0) this.#measured.emptyClaims += 1;
    for (const job of jobs) this.#begin(worker, job);
  }

  #begin(worker, job) {
    if (job.attempt === 1) this.#measured.ages.push(this.#now - job.payload.readyAt);
    worker.running.set(job.id, job);
    const { meanMs, writes } = WORK[job.type];
    // Between half and one and a half of the mean.
    const lasts = meanMs * (0.5 + this.#random());
    for (let i = 1; i <= writes; i++)
      this.#events.add(this.#now + (lasts * i) / (writes + 1), () => this.#write(worker, job));
    this.#events.add(this.#now + lasts, () => this.#end(worker, job));
  }

  async #write(worker, { id: jobId, resourceId, fence, attempt }) {
    if (!worker.isAlive) return;
    const event = {
      kind: 'log',
      level: 'info',
      message: 'Waiting for the cluster',
      data: {},
      phase: 'provision',
    };
    const held = await this.#query(appendEvents, {
      ...{ resourceId, jobId, fence, attempt, events: [event], phase: 'provision', repeatedAfter: null },
    });
    if (held.length === 0) throw new Error(`${worker.id} lost the lane of ${jobId} while it was alive`);
  }

  async #end(worker, { id: jobId, resourceId, fence }) {
    if (!worker.isAlive) return;
    worker.running.delete(jobId);
    const end = { resourceId, jobId, fence, status: 'SUCCEEDED', errorCode: null, errorMessage: null };
    const ended = await this.#query(settleJobs, { ended: [end] });
    if (ended.length !== 1) throw new Error(`${jobId} could not be ended by the worker that ran it`);
    this.#measured.ended += 1;
    await this.#claimBy(worker);
  }
}

function newFigures() {
  return { ages: [], claims: 0, emptyClaims: 0, ended: 0, reclaimed: 0, deaths: 0, statements: {} };
}
