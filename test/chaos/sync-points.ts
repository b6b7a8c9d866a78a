import pg from 'pg';
import { eventually } from '../e2e/eventually.ts';

/** The first key of every advisory lock that is a gate. */
const LOCK_CLASS = 4711;

/**
 * Makes the moments of a cluster's jobs points where they can be held: a writer of an event waits while its gate is closed. An
 * event that waits also holds the job's lane, so the attempt cannot commit anything past the gate. A request for a job waits as well.
 */
const INSTALL = `
  create function wait_at_gate() returns trigger language plpgsql as $$
  begin
    perform pg_advisory_xact_lock_shared(${LOCK_CLASS}, hashtext(concat_ws(' ',
      (select c.name || ' ' || upper(split_part(j.job_type, '.', 2)) from jobs j join clusters c on c.id = j.resource_id where j.id = new.job_id),
      coalesce(new.phase, 'job'), coalesce(new.data->>'state', new.data->>'status'))));
    return new;
  end
  $$;
  create trigger wait_at_gate before insert on job_events for each row execute function wait_at_gate();

  create function wait_to_order() returns trigger language plpgsql as $$
  begin
    perform pg_advisory_xact_lock_shared(${LOCK_CLASS}, hashtext(concat_ws(' ',
      new.resource_name, upper(split_part(new.job_type, '.', 2)), 'ordered')));
    return new;
  end
  $$;
  create trigger wait_to_order before insert on jobs for each row execute function wait_to_order()`;

export interface SyncPoint {
  /** Resolves when someone waits at it. */
  reached(): Promise<void>;
  release(): Promise<void>;
}

export class SyncPoints {
  readonly #databaseUrl: string;
  #client: pg.Client | undefined;
  /** The driver deprecates queries that wait inside it. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(databaseUrl: string) {
    this.#databaseUrl = databaseUrl;
  }

  static async install(databaseUrl: string): Promise<SyncPoints> {
    const syncPoints = new SyncPoints(databaseUrl);
    await syncPoints.#query(INSTALL);
    return syncPoints;
  }

  /** Opens all of them. */
  async releaseAll(): Promise<void> {
    await this.#client?.end();
  }

  /**
   * A crash of the database opens it.
   * @param moment `NAME CREATE provision started`, `NAME CREATE job SUCCEEDED` for the transaction that ends the job, or
   *   `NAME CREATE ordered` for the one that accepts it
   */
  async holdAt(moment: string): Promise<SyncPoint> {
    await this.#query('select pg_advisory_lock($1, hashtext($2))', [LOCK_CLASS, moment]);
    return {
      reached: async () => {
        await eventually(`someone waits at ${moment}`, async () => {
          const rows = await this.#query(
            "select from pg_locks where locktype = 'advisory' and not granted and classid = $1 and objid = (hashtext($2)::int8 & 4294967295)::oid",
            [LOCK_CLASS, moment],
          );
          return rows.length > 0;
        });
      },
      release: async () => {
        await this.#query('select pg_advisory_unlock($1, hashtext($2))', [LOCK_CLASS, moment]);
      },
    };
  }

  /** The process that runs a job now. */
  async workerOf(jobId: string): Promise<{ id: string; pid: number }> {
    return eventually(`a worker runs ${jobId}`, async () => {
      const [worker] = await this.#query<{ id: string; pid: number }>(
        'select w.id, w.pid from job_locks l join workers w on w.id = l.worker_id where l.job_id = $1',
        [jobId],
      );
      return worker;
    });
  }

  /** The fence of the attempt that runs a job now. */
  async fenceOf(jobId: string): Promise<number> {
    const [lane] = await this.#query<{ fence: string }>('select fence from job_locks where job_id = $1', [
      jobId,
    ]);
    return Number(lane?.fence);
  }

  async eventCount(jobId: string, attempt: number): Promise<number> {
    const values = [jobId, attempt];
    return (await this.#query('select from job_events where job_id = $1 and attempt = $2', values)).length;
  }

  #query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    const answer = this.#last.then(async () => {
      const client = await this.#connected();
      return (await client.query<Row>(text, values)).rows;
    });
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  async #connected(): Promise<pg.Client> {
    if (this.#client !== undefined) return this.#client;
    const client = new pg.Client(this.#databaseUrl);
    client.on('error', () => {}); // the database was killed: the next query connects again
    client.on('end', () => {
      this.#client = undefined;
    });
    await client.connect();
    this.#client = client;
    return client;
  }
}
