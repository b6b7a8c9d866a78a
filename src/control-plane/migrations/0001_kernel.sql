-- The time by which every deadline is judged. Tests and drills move it with the setting ocpctl.clock_offset (an interval).
create function clock_now() returns timestamptz language sql stable parallel safe as $$
  select now() + coalesce(nullif(current_setting('ocpctl.clock_offset', true), ''), '0')::interval
$$;

create table workers (
  id           text primary key,
  host         text not null,
  pid          int4 not null,
  roles        text[] not null,
  started_at   timestamptz not null default clock_now(),
  heartbeat_at timestamptz not null default clock_now(),
  lease_until  timestamptz not null,
  draining     bool not null default false
);
create index workers_lease on workers (lease_until);

create table jobs (
  id                  text primary key,
  resource_id         text not null,
  seq                 int4 not null,
  job_type            text not null,
  status              text not null default 'PENDING'
                      check (status in ('PENDING', 'RUNNING', 'RETRYING', 'SUCCEEDED', 'FAILED', 'CANCELLED')),
  phase               text,
  run_at              timestamptz not null default clock_now(),
  attempt             int4 not null default 0,
  max_attempts        int4 not null check (max_attempts > 0),
  payload             jsonb not null default '{}',
  requested_by        text not null,
  worker_id           text,
  cancel_requested_at timestamptz,
  error_code          text,
  error_message       text,
  created_at          timestamptz not null default clock_now(),
  started_at          timestamptz,
  ended_at            timestamptz,
  unique (resource_id, seq),
  check ((ended_at is not null) = (status in ('SUCCEEDED', 'FAILED', 'CANCELLED')))
) with (fillfactor = 75);

-- One permanent row ("lane") per resource. The lane alone says whether something can start: ready_at is null while a job runs
-- and when nothing waits, so this partial index holds claimable lanes only and a claim costs the same whatever the history.
create table job_locks (
  resource_id text primary key,
  head        int4 not null default 1,
  tail        int4 not null default 0,
  ready_at    timestamptz,
  job_id      text,
  fence       int8 not null default 0,
  worker_id   text,
  check ((job_id is null) = (worker_id is null)),
  check (job_id is null or ready_at is null)
) with (fillfactor = 50);
create index job_locks_ready on job_locks (ready_at) where ready_at is not null;
create index job_locks_worker on job_locks (worker_id) where worker_id is not null;
create sequence job_fence;

create table job_events (
  job_id  text not null references jobs (id),
  seq     int4 not null,
  at      timestamptz not null default clock_now(),
  attempt int4 not null,
  phase   text,
  kind    text not null check (kind in ('phase', 'milestone', 'log', 'state')),
  level   text not null check (level in ('debug', 'info', 'warn', 'error')),
  message text not null,
  data    jsonb not null default '{}',
  primary key (job_id, seq)
);

-- A janitor duty runs once in the whole installation: whoever moves next_run_at forward runs it.
create table duties (
  name        text primary key,
  next_run_at timestamptz not null,
  last_run_at timestamptz,
  last_error  text
);

create table idempotency_keys (
  principal   text not null,
  operation   text not null,
  key         text not null,
  fingerprint text not null,
  status      int4 not null,
  body        text not null,
  created_at  timestamptz not null default clock_now(),
  expires_at  timestamptz not null,
  primary key (principal, operation, key)
);
create index idempotency_keys_expiry on idempotency_keys (expires_at);

create table rbac_mappings (
  principal  text not null,
  role       text not null check (role in ('requester', 'auditor', 'platform_admin')),
  team       text not null,
  granted_by text not null,
  created_at timestamptz not null default clock_now(),
  primary key (principal, role, team),
  check (team <> '*' or role in ('auditor', 'platform_admin'))
);

create table access_keys (
  id         text primary key,
  principal  text not null,
  created_at timestamptz not null default clock_now(),
  revoked_at timestamptz
);

create table request_nonces (
  access_key_id text not null,
  nonce         text not null,
  expires_at    timestamptz not null,
  primary key (access_key_id, nonce)
);
create index request_nonces_expiry on request_nonces (expires_at);

create table secrets (
  id          text primary key,
  owner_id    text not null,
  kind        text not null,
  kek_id      text not null,
  wrapped_dek bytea not null,
  sealed      bytea not null,
  created_at  timestamptz not null default clock_now(),
  unique (owner_id, kind)
);

-- The trail: append-only, one hash chain per stream. The trigger alone gives sequence, time and hashes.
create table audit_heads (
  stream text primary key,
  seq    int8 not null,
  hash   bytea not null
);

create table audit_events (
  stream    text not null,
  seq       int8 not null,
  at        timestamptz not null,
  payload   text not null,
  prev_hash bytea not null,
  hash      bytea not null,
  primary key (stream, seq)
);

-- Hashed: a domain tag, then each field with its length before it, so that no two different events have the same bytes.
create function audit_append() returns trigger language plpgsql as $$
declare
  head audit_heads;
begin
  insert into audit_heads (stream, seq, hash) values (new.stream, 0, ''::bytea) on conflict (stream) do nothing;
  select * into strict head from audit_heads where stream = new.stream for update;
  new.seq := head.seq + 1;
  new.at := clock_now();
  new.prev_hash := head.hash;
  new.hash := sha256(convert_to(
    'ocpctl-audit-v1' || length(new.stream) || ':' || new.stream || new.seq || ':'
      || (extract(epoch from new.at) * 1000000)::int8 || ':' || length(new.payload) || ':' || new.payload, 'UTF8') || new.prev_hash);
  update audit_heads set seq = new.seq, hash = new.hash where stream = new.stream;
  return new;
end
$$;
create trigger audit_append before insert on audit_events for each row execute function audit_append();

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end
$$;
create trigger audit_append_only before update or delete or truncate on audit_events
  for each statement execute function refuse_change();
