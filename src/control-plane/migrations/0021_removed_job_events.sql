-- When the events of an ended job were removed by age. The index holds only jobs that still have some, so that a search costs the same
-- with 10^6 jobs whose events are gone.
alter table jobs add column events_removed_at timestamptz;
create index jobs_with_events on jobs (ended_at) where ended_at is not null and events_removed_at is null;
