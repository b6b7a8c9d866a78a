import { statement } from '../../kernel/db/statement.ts';
import { UNDER_WAY } from './orphans.sql.ts';

export const setSweepJob = statement({
  name: 'orphans.set_sweep_job',
  text: `update orphans set last_job_id = $2 where id = $1 and closed_at is null returning id`,
  params: { id: 'text', jobId: 'text' },
  row: { id: 'text' },
});

/** Serialises requests for sweeps, so that their count is exact. */
export const lockSweeps = statement({
  name: 'orphans.lock_sweeps',
  text: `select pg_advisory_xact_lock(hashtextextended('orphan-sweeps', 0)) is not null as "locked"`,
  params: {},
  row: { locked: 'bool' },
});

/** Sweeps that have not ended. */
export const countSweeps = statement({
  name: 'orphans.count_sweeps',
  text: `
    select count(*)::int4 as "count"
    from orphans o join jobs j on j.id = o.last_job_id
    where o.closed_at is null and ${UNDER_WAY}`,
  params: {},
  row: { count: 'int4' },
});

/** A sweep under way that removes DNS records of a cluster's name: those of a new cluster could not be told apart. */
export const findSweepOfName = statement({
  name: 'orphans.find_sweep_of_name',
  text: `
    select o.infra_id as "infraId", j.id as "jobId"
    from orphans o join jobs j on j.id = o.last_job_id
    where o.closed_at is null and ${UNDER_WAY}
      and o.cluster_name = $1 and o.base_domain = $2 and o.platform = $3
    limit 1`,
  params: { name: 'text', baseDomain: 'text', platform: 'text' },
  row: { infraId: 'text', jobId: 'text' },
});

export const closeSwept = statement({
  name: 'orphans.close_swept',
  text: `
    update orphans set closed_at = clock_now(), closed_as = 'SWEPT', proof = $2::jsonb where id = $1
    returning id`,
  params: { id: 'text', proof: 'jsonb' },
  row: { id: 'text' },
});

export const getSweepProof = statement({
  name: 'orphans.get_proof',
  text: `select proof from orphans where id = $1 and proof is not null`,
  params: { id: 'text' },
  row: { proof: 'jsonb' },
});
