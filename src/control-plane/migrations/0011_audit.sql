-- Events carry the clock of the machine, under the lock of their chain: never that of a session's setting or of the transaction's
-- begin, and never earlier than the event before.
alter table audit_heads disable trigger audit_heads_guard;
alter table audit_heads add column at timestamptz not null default '-infinity';
update audit_heads h set at = e.at from audit_events e where e.stream = h.stream and e.seq = h.seq;
alter table audit_heads enable trigger audit_heads_guard;

create or replace function audit_append() returns trigger language plpgsql as $$
declare
  head audit_heads;
begin
  insert into audit_heads (stream, seq, hash) values (new.stream, 0, ''::bytea) on conflict (stream) do nothing;
  select * into strict head from audit_heads where stream = new.stream for update;
  new.seq := head.seq + 1;
  new.at := greatest(clock_timestamp(), head.at);
  new.prev_hash := head.hash;
  new.hash := sha256(convert_to(
    'ocpctl-audit-v1' || length(new.stream) || ':' || new.stream || new.seq || ':'
      || (extract(epoch from new.at) * 1000000)::int8 || ':' || length(new.payload) || ':' || new.payload, 'UTF8') || new.prev_hash);
  update audit_heads set seq = new.seq, hash = new.hash, at = new.at where stream = new.stream;
  return new;
end
$$;
do $$
begin
  execute format('alter function audit_append() security definer set search_path = pg_catalog, %I, pg_temp', current_schema());
end
$$;

-- Each filter of the listing finds its page without reading the log.
create index audit_events_of_stream on audit_events (stream, at, seq);
create index audit_events_actor on audit_events (audit_field(payload, 'actor'), at, stream, seq);
create index audit_events_action on audit_events (audit_field(payload, 'action') text_pattern_ops, at, stream, seq);
create index audit_events_status on audit_events (audit_field(payload, 'status'), at, stream, seq);
create index audit_events_request on audit_events (audit_field(payload, 'requestId'), at, stream, seq);

-- A role that may update this table cannot put a task to sleep: nothing is due later than a day from now.
create function bound_next_run() returns trigger language plpgsql as $$
begin
  new.next_run_at := least(new.next_run_at, clock_now() + interval '1 day');
  return new;
end
$$;
create trigger tasks_bound_next_run before insert or update on tasks for each row execute function bound_next_run();

-- The installation's stream is called _platform: no team can have that name.
alter table rbac_mappings add constraint rbac_mappings_team_is_no_stream check (not starts_with(team, '_'));
