-- Jobs say for themselves whose they are and what they work on, so that they are read without the table of any module.
-- Types carry the kind of their module: `cluster.create`.
alter table jobs add column team text, add column resource_kind text, add column resource_name text;

update jobs j
set team = c.team, resource_name = c.name, resource_kind = 'cluster', job_type = 'cluster.' || replace(lower(j.job_type), '_', '-')
from clusters c
where c.id = j.resource_id;
update jobs set team = '', resource_name = resource_id, resource_kind = 'cluster' where team is null;

alter table jobs
  alter column team set not null,
  alter column resource_kind set not null,
  alter column resource_name set not null,
  add constraint jobs_type_of_kind check (starts_with(job_type, resource_kind || '.'));

create index jobs_of_team on jobs (team, id desc);

-- What a worker can run: a job whose type is in no live worker's list is shown as waiting for one.
alter table workers add column job_types text[] not null default '{}';
