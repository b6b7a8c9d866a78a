import { statement } from '../../kernel/db/statement.ts';

export const insertDestroyProof = statement({
  name: 'destroy_proofs.insert',
  text: `
    insert into destroy_proofs (cluster_id, job_id, envelope) values ($1, $2, $3::jsonb)
    returning cluster_id as "clusterId"`,
  params: { clusterId: 'text', jobId: 'text', envelope: 'jsonb' },
  row: { clusterId: 'text' },
});

export const getDestroyProof = statement({
  name: 'destroy_proofs.get',
  text: `select envelope from destroy_proofs where cluster_id = $1`,
  params: { clusterId: 'text' },
  row: { envelope: 'jsonb' },
});
