-- Who cancelled the job, or requested a running one to stop: the schedule must tell its own cancels from those of users.
-- Null for what a destroy superseded, and in rows of older servers.
alter table jobs add column cancelled_by text;

-- Whether the schedule got what it wanted (`settled_at`). False: a user decided against it, until its next boundary.
-- Older servers do not write it: what they settled is held until then, as they do.
alter table cluster_offhours add column settled_by_schedule bool not null default false;
-- Why the schedule may not scale the cluster to 0; null: nothing prevents it.
alter table cluster_offhours add column blocked text;
-- `reason` is not written any more: the job of the scale has it.
