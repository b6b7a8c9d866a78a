import pg from 'pg';

/** One thing that happens to a cluster, at a second after `EPOCH`. */
export type HistoryEvent =
  | { readonly at: number; readonly kind: 'CREATING' | 'READY' | 'DESTROYING' | 'DESTROYED' }
  | { readonly at: number; readonly kind: 'workers'; readonly workers: number }
  | { readonly at: number; readonly kind: 'prices'; readonly perMaster: number; readonly perWorker: number };

export interface ClusterHistory {
  readonly id: string;
  readonly name?: string;
  readonly team: string;
  readonly owner?: string;
  readonly region?: string;
  readonly workers: number;
  /** Micro-dollars per hour: of everything but the workers, and of each worker. */
  readonly perMaster: number;
  readonly perWorker: number;
  readonly events: readonly HistoryEvent[];
}

export const EPOCH = Date.UTC(2026, 0, 1);

/** Writes the histories as the server would have, at their times. */
export class HistoryWriter {
  readonly #client: pg.Client;

  constructor(url: string) {
    this.#client = new pg.Client({ connectionString: url });
  }

  open = () => this.#client.connect();
  close = () => this.#client.end();

  async write(history: ClusterHistory): Promise<void> {
    const { id, team, workers } = history;
    let { perMaster, perWorker } = history;
    let replicas = workers;
    let from: string | null = null;
    await this.#at(history.events[0]?.at ?? 0, async () => {
      await this.#client.query(
        `insert into clusters (id, name, platform, version, profile, region, base_domain, owner, team, cost_center, status, requested_by,
           ttl_hours, destroy_at, requested_tags, effective_tags, offhours_opt_in, on_failure, worker_replicas, hourly_cost,
           worker_hourly_cost, cloud)
         values ($1, $2, 'aws', '4.20.3', 'aws-standard', $3, 'labs.example.com', $4, $5, 'cc-1', 'PENDING', 'local:ann', 24,
           clock_now() + interval '24 hours', '{}', '{}', false, 'destroy', $6, $7, $8, 'sandbox')`,
        [
          id,
          history.name ?? id,
          history.region ?? 'us-east-1',
          history.owner ?? 'ann',
          team,
          workers,
          (perMaster + workers * perWorker) / 1e6,
          perWorker / 1e6,
        ],
      );
      await this.#transition(id, null, 'PENDING');
      from = 'PENDING';
    });
    for (const event of history.events) {
      await this.#at(event.at, async () => {
        if (event.kind === 'workers') {
          replicas = event.workers;
          await this.#client.query('update clusters set worker_replicas = $2 where id = $1', [id, replicas]);
        } else if (event.kind === 'prices') {
          ({ perMaster, perWorker } = event);
          await this.#client.query(
            'update clusters set hourly_cost = $2, worker_hourly_cost = $3 where id = $1',
            [id, (perMaster + replicas * perWorker) / 1e6, perWorker / 1e6],
          );
        } else {
          await this.#client.query(
            `update clusters set status = $2, destroyed_at = case when $2 = 'DESTROYED' then clock_now() end where id = $1`,
            [id, event.kind],
          );
          await this.#transition(id, from, event.kind);
          from = event.kind;
        }
      });
    }
  }

  #transition(id: string, from: string | null, to: string) {
    return this.#client.query(
      `insert into cluster_transitions (cluster_id, from_status, to_status, reason) values ($1, $2, $3, 'test')`,
      [id, from, to],
    );
  }

  async #at(second: number, work: () => Promise<void>): Promise<void> {
    const time = new Date(EPOCH + second * 1000).toISOString();
    await this.#client.query('begin');
    await this.#client.query(
      `select set_config('ocpctl.clock_offset', ($1::timestamptz - now())::text, true)`,
      [time],
    );
    await work();
    await this.#client.query('commit');
  }
}

/**
 * A second implementation of what a cluster costs: second by second, from what happened to it.
 * @returns micro-dollars per hour x seconds, and the seconds that the cluster existed
 */
export function costSecondBySecond(
  history: ClusterHistory,
  from: number,
  to: number,
): { cost: bigint; seconds: number } {
  let { perMaster, perWorker, workers } = history;
  let exists = false;
  let cost = 0n;
  let seconds = 0;
  const events = [...history.events];
  const begin = Math.min(from, events[0]?.at ?? from);
  for (let second = begin; second < to; second++) {
    while (events[0] !== undefined && events[0].at <= second) {
      const event = events.shift();
      if (event?.kind === 'workers') workers = event.workers;
      else if (event?.kind === 'prices') ({ perMaster, perWorker } = event);
      else if (event?.kind === 'CREATING') exists = true;
      else if (event?.kind === 'DESTROYED') exists = false;
    }
    if (!exists || second < from) continue;
    cost += BigInt(perMaster + workers * perWorker);
    seconds++;
  }
  return { cost, seconds };
}
