-- Which secret was read: to read one again does not count again.
alter table secret_accesses add column secret text not null default '';
