-- The last operation that failed, so that a cluster says why also after the clean-up. It is remembered from this version on.
alter table clusters add column last_failed_job_id text references jobs (id);
