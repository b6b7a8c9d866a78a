-- When the number of replicas was chosen last: a deploy that was accepted before does not change it.
alter table app_services add column replicas_set_at timestamptz;
-- How often instances could not be started again, one after the other.
alter table app_services add column failed_restarts int4 not null default 0;
