import type { components, operations } from '../../../contract/api.gen.ts';
import { notFound, readableTeams } from '../../kernel/access/team-access.ts';
import type { Caller } from '../../kernel/caller.ts';
import { apiJobType } from '../../kernel/jobs/job.ts';
import { CREATE_JOB, DESTROY_JOB, JANITOR_DESTROY_JOB, ORPHAN_SWEEP_JOB, SCALE_JOB } from '../job-types.ts';
import { getCluster } from '../store/clusters.sql.ts';
import { usualDurations } from '../store/usual-durations.sql.ts';
import type { ClusterServices } from './cluster-services.ts';

type UsualDurations = components['schemas']['UsualDurations'];
type JobType = NonNullable<operations['getUsualDurations']['parameters']['query']>['type'];

/** A median changes little from one job to the next. */
const CACHED_MS = 600_000;
/** Without a history every wait would look through the clusters again; the first job of a profile must not be hidden for long. */
const EMPTY_CACHED_MS = 30_000;
const MAX_CACHED = 200;

/** Says how long the phases of an operation usually take, from jobs of the same profile and version. */
export class UsualDurationsReader {
  readonly #db: ClusterServices['db'];
  readonly #nowMs: () => number;
  readonly #cached = new Map<
    string,
    { readonly untilMs: number; readonly phases: UsualDurations['phases'] }
  >();

  constructor({ db }: Pick<ClusterServices, 'db'>, nowMs: () => number = () => performance.now()) {
    this.#db = db;
    this.#nowMs = nowMs;
  }

  /** @throws AppError NOT_FOUND */
  async get(caller: Caller, id: string, type: JobType): Promise<UsualDurations> {
    const teams = readableTeams(caller);
    const [cluster] = await this.#db.query(getCluster, { id, teams });
    if (!cluster) throw notFound('cluster', id);
    const { profile, version, cloud } = cluster;
    const key = JSON.stringify([profile, version, cloud, teams, type]);
    const known = this.#cached.get(key);
    if (known !== undefined && known.untilMs > this.#nowMs()) return { phases: known.phases };
    const rows = await this.#db.query(usualDurations, {
      profile,
      version,
      cloud,
      teams,
      types: typesOf(type),
    });
    const phases = rows.map(({ phase, seconds, jobs }) => ({ phase, seconds, jobs }));
    if (this.#cached.size >= MAX_CACHED) this.#cached.clear();
    const cachedMs = phases.length > 0 ? CACHED_MS : EMPTY_CACHED_MS;
    this.#cached.set(key, { untilMs: this.#nowMs() + cachedMs, phases });
    return { phases };
  }
}

const JOB_TYPES = [CREATE_JOB, SCALE_JOB, ORPHAN_SWEEP_JOB];

/** As stored. A destroy at the expiry is the same work as one that was requested. */
function typesOf(type: JobType): string[] {
  if (type === 'DESTROY' || type === 'JANITOR_DESTROY') return [DESTROY_JOB, JANITOR_DESTROY_JOB];
  return JOB_TYPES.filter((stored) => apiJobType(stored) === type);
}
