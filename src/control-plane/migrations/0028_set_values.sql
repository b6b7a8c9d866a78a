-- Fields of the install-config that the request has set.
alter table clusters add column set_values jsonb not null default '{}' check (jsonb_typeof(set_values) = 'object');
