-- What happened that somebody may want to be told, written in the transaction of what happened.
create table notification_events (
  id           text primary key,
  type         text not null,
  -- Null: of the whole installation.
  team         text,
  subject      text not null,
  subject_name text not null,
  data         jsonb not null,
  at           timestamptz not null default clock_now()
);
create index notification_events_at on notification_events (at);

-- Who is told. The address and the signing secret are sealed secrets of the target: addresses of chat systems are credentials.
create table notification_targets (
  id              text primary key,
  name            text not null unique,
  kind            text not null check (kind in ('webhook', 'slack', 'sns')),
  -- Host of the URL, or the topic.
  address         text not null,
  -- Null: events of all teams and of the installation.
  team            text,
  -- Empty: every type.
  event_types     text[] not null,
  created_by      text not null,
  created_at      timestamptz not null default clock_now(),
  disabled_at     timestamptz,
  disabled_reason text,
  check ((disabled_at is null) = (disabled_reason is null))
);

create table notification_deliveries (
  event_id     text not null references notification_events (id) on delete cascade,
  target_id    text not null references notification_targets (id) on delete cascade,
  status       text not null default 'PENDING' check (status in ('PENDING', 'DELIVERED', 'FAILED')),
  attempts     int4 not null default 0,
  next_at      timestamptz not null default clock_now(),
  last_at      timestamptz,
  -- What the target answered, or why it could not be asked.
  last_result  text,
  primary key (target_id, event_id)
);
create index notification_deliveries_due on notification_deliveries (next_at) where status = 'PENDING';
create index notification_deliveries_of_event on notification_deliveries (event_id);
