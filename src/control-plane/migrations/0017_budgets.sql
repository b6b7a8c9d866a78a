-- What a team may spend in a calendar month (UTC), by estimate.
create table budgets (
  team           text primary key,
  monthly_micros int8 not null check (monthly_micros > 0),
  alert_percent  int4 not null check (alert_percent between 1 and 100),
  deny_creates bool not null,
  updated_at     timestamptz not null default clock_now(),
  updated_by     text not null
);

-- Of a team's budget, or, with a cluster, of the limit of its profile. The same threshold of the same amount is alerted of once a month.
create table budget_alerts (
  team          text not null,
  cluster_id    text not null default '',
  month         date not null,
  percent       int4 not null,
  budget_micros int8 not null,
  spent_micros  int8 not null,
  at            timestamptz not null default clock_now(),
  primary key (team, cluster_id, month, percent, budget_micros)
);
