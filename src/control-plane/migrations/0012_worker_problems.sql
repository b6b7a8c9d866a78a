-- What keeps the host of a worker from running types of jobs: [{code, message, types}]. The worker claims none of these types.
alter table workers add column problems jsonb not null default '[]';

-- Attempts that ended because of the worker's host or the database since the last one that counted; back-off grows with them.
alter table jobs add column deferrals int4 not null default 0;
