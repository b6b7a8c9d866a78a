table accepted_profiles
  digest text not null
  content jsonb not null
  accepted_at timestamp with time zone not null default clock_now()
  constraint accepted_profiles_content_check CHECK ((jsonb_typeof(content) = 'object'::text))
  constraint accepted_profiles_digest_check CHECK ((digest ~ '^sha256:[0-9a-f]{64}$'::text))
  constraint accepted_profiles_pkey PRIMARY KEY (digest)

table access_keys
  id text not null
  principal text not null
  created_at timestamp with time zone not null default clock_now()
  revoked_at timestamp with time zone
  constraint access_keys_pkey PRIMARY KEY (id)
  CREATE INDEX access_keys_of_principal ON public.access_keys USING btree (principal, id)

table access_sessions
  id text not null
  principal text not null
  unique_id text not null
  arn text not null
  claimed_session text
  token_sha256 bytea not null
  created_at timestamp with time zone not null default clock_now()
  expires_at timestamp with time zone not null
  revoked_at timestamp with time zone
  constraint access_sessions_pkey PRIMARY KEY (id)
  CREATE INDEX access_sessions_expiry ON public.access_sessions USING btree (expires_at)
  CREATE INDEX access_sessions_principal ON public.access_sessions USING btree (principal, expires_at)

table api_serving
  only_row boolean not null default true
  since timestamp with time zone not null
  until timestamp with time zone not null
  constraint api_serving_only_row_check CHECK (only_row)
  constraint api_serving_pkey PRIMARY KEY (only_row)

table app_builds
  id text not null
  service_id text not null
  team text not null
  source_sha256 text not null
  input_hash text not null
  builder text not null
  status text not null default 'RUNNING'::text
  digest text
  output jsonb
  size_bytes bigint
  started_at timestamp with time zone not null default clock_now()
  ended_at timestamp with time zone
  constraint app_builds_check CHECK (((digest IS NOT NULL) OR (status = ANY (ARRAY['RUNNING'::text, 'FAILED'::text]))))
  constraint app_builds_pkey PRIMARY KEY (id)
  constraint app_builds_service_id_fkey FOREIGN KEY (service_id) REFERENCES app_services(id)
  constraint app_builds_status_check CHECK ((status = ANY (ARRAY['RUNNING'::text, 'SUCCEEDED'::text, 'FAILED'::text, 'REMOVED'::text])))
  CREATE UNIQUE INDEX app_builds_input ON public.app_builds USING btree (service_id, input_hash) WHERE (status = ANY (ARRAY['RUNNING'::text, 'SUCCEEDED'::text]))

table app_database_backups
  id text not null
  database_id text not null
  team text not null
  status text not null default 'PENDING'::text
  schedule text
  slot timestamp with time zone
  version text
  uri text
  sha256 text
  size_bytes bigint
  row_counts jsonb
  error_code text
  error_message text
  job_id text
  requested_by text not null
  created_at timestamp with time zone not null default clock_now()
  ended_at timestamp with time zone
  verified_at timestamp with time zone
  verify_tried_at timestamp with time zone
  verify_error text
  verify_job_id text
  drill_instance_id text
  constraint app_database_backups_check CHECK (((schedule IS NULL) = (slot IS NULL)))
  constraint app_database_backups_check1 CHECK (((status <> 'AVAILABLE'::text) OR ((uri IS NOT NULL) AND (sha256 IS NOT NULL) AND (row_counts IS NOT NULL) AND (ended_at IS NOT NULL))))
  constraint app_database_backups_database_id_fkey FOREIGN KEY (database_id) REFERENCES app_databases(id)
  constraint app_database_backups_job_id_fkey FOREIGN KEY (job_id) REFERENCES jobs(id)
  constraint app_database_backups_pkey PRIMARY KEY (id)
  constraint app_database_backups_schedule_check CHECK ((schedule = ANY (ARRAY['daily'::text, 'weekly'::text])))
  constraint app_database_backups_status_check CHECK ((status = ANY (ARRAY['PENDING'::text, 'AVAILABLE'::text, 'FAILED'::text, 'REMOVING'::text])))
  constraint app_database_backups_verify_job_id_fkey FOREIGN KEY (verify_job_id) REFERENCES jobs(id)
  CREATE INDEX app_database_backups_database ON public.app_database_backups USING btree (database_id, id DESC)
  CREATE UNIQUE INDEX app_database_backups_slot ON public.app_database_backups USING btree (database_id, slot) WHERE (slot IS NOT NULL)
  CREATE INDEX app_database_backups_team ON public.app_database_backups USING btree (team, id DESC)

table app_database_credentials
  database_id text not null
  slot text not null
  login text not null
  created_at timestamp with time zone not null default clock_now()
  state text not null default 'CURRENT'::text
  ends_at timestamp with time zone
  constraint app_database_credentials_database_id_fkey FOREIGN KEY (database_id) REFERENCES app_databases(id)
  constraint app_database_credentials_pkey PRIMARY KEY (database_id, slot)
  constraint app_database_credentials_slot_check CHECK ((slot = ANY (ARRAY['a'::text, 'b'::text])))
  constraint app_database_credentials_state_check CHECK ((state = ANY (ARRAY['NEW'::text, 'CURRENT'::text, 'RETIRING'::text])))
  CREATE UNIQUE INDEX app_database_credentials_state ON public.app_database_credentials USING btree (database_id, state)

table app_databases
  id text not null
  environment_id text not null
  team text not null
  name text not null
  engine text not null
  version text
  status text not null default 'PROVISIONING'::text
  memory_mb integer not null
  connection_limit integer not null
  port integer
  instance_id text
  is_up boolean not null default false
  connections integer
  last_seen_at timestamp with time zone
  restarts integer not null default 0
  restart_at timestamp with time zone
  error_code text
  error_message text
  last_job_id text
  requested_by text not null
  created_at timestamp with time zone not null default clock_now()
  destroyed_at timestamp with time zone
  cpus double precision not null default 1
  backup_schedule text not null default 'daily'::text
  backup_minute integer not null default 120
  proven_at timestamp with time zone
  proof_error text
  restored_from text
  constraint app_databases_backup_minute_check CHECK (((backup_minute >= 0) AND (backup_minute <= 1439)))
  constraint app_databases_backup_schedule_check CHECK ((backup_schedule = ANY (ARRAY['daily'::text, 'weekly'::text, 'off'::text])))
  constraint app_databases_check CHECK (((destroyed_at IS NOT NULL) = (status = 'DESTROYED'::text)))
  constraint app_databases_connection_limit_check CHECK (((connection_limit >= 1) AND (connection_limit <= 500)))
  constraint app_databases_cpus_check CHECK ((cpus > (0)::double precision))
  constraint app_databases_engine_check CHECK ((engine = 'postgres'::text))
  constraint app_databases_environment_id_fkey FOREIGN KEY (environment_id) REFERENCES app_environments(id)
  constraint app_databases_last_job_id_fkey FOREIGN KEY (last_job_id) REFERENCES jobs(id)
  constraint app_databases_pkey PRIMARY KEY (id)
  constraint app_databases_restored_from_fkey FOREIGN KEY (restored_from) REFERENCES app_database_backups(id) ON DELETE SET NULL
  constraint app_databases_status_check CHECK ((status = ANY (ARRAY['PROVISIONING'::text, 'ACTIVE'::text, 'FAILED'::text, 'DESTROYING'::text, 'DESTROY_FAILED'::text, 'DESTROYED'::text])))
  CREATE UNIQUE INDEX app_databases_name ON public.app_databases USING btree (environment_id, name) WHERE (status <> 'DESTROYED'::text)
  CREATE UNIQUE INDEX app_databases_port ON public.app_databases USING btree (port) WHERE ((status <> 'DESTROYED'::text) AND (port IS NOT NULL))
  CREATE INDEX app_databases_team ON public.app_databases USING btree (team, id DESC)
  CREATE TRIGGER app_databases_usage AFTER UPDATE ON public.app_databases FOR EACH ROW WHEN ((((old.is_up IS DISTINCT FROM new.is_up) OR (old.instance_id IS DISTINCT FROM new.instance_id)) OR (old.status IS DISTINCT FROM new.status))) EXECUTE FUNCTION usage_of_database()

table app_deployments
  id text not null
  service_id text not null
  team text not null
  number integer not null
  reason text not null
  state text not null default 'QUEUED'::text
  settings jsonb not null
  source_sha256 text
  plan jsonb
  build_id text
  release_id text
  job_id text
  steps jsonb not null default '[]'::jsonb
  failed_step text
  error_code text
  error_message text
  log_tail jsonb not null default '[]'::jsonb
  superseded_by text
  requested_by text not null
  created_at timestamp with time zone not null default clock_now()
  switched_at timestamp with time zone
  ended_at timestamp with time zone
  stopped_at timestamp with time zone
  served_at timestamp with time zone
  constraint app_deployments_build_id_fkey FOREIGN KEY (build_id) REFERENCES app_builds(id)
  constraint app_deployments_pkey PRIMARY KEY (id)
  constraint app_deployments_reason_check CHECK ((reason = ANY (ARRAY['deploy'::text, 'rollback'::text, 'variables'::text, 'rotation'::text])))
  constraint app_deployments_release_id_fkey FOREIGN KEY (release_id) REFERENCES app_releases(id)
  constraint app_deployments_service_id_fkey FOREIGN KEY (service_id) REFERENCES app_services(id)
  constraint app_deployments_service_id_number_key UNIQUE (service_id, number)
  constraint app_deployments_state_check CHECK ((state = ANY (ARRAY['QUEUED'::text, 'BUILDING'::text, 'STARTING'::text, 'CHECKING'::text, 'SWITCHING'::text, 'DRAINING'::text, 'LIVE'::text, 'FAILED'::text, 'CANCELLED'::text, 'SUPERSEDED'::text])))
  CREATE UNIQUE INDEX app_deployments_active ON public.app_deployments USING btree (service_id) WHERE (state = ANY (ARRAY['STARTING'::text, 'CHECKING'::text, 'SWITCHING'::text, 'DRAINING'::text]))
  CREATE INDEX app_deployments_job ON public.app_deployments USING btree (job_id)
  CREATE UNIQUE INDEX app_deployments_live ON public.app_deployments USING btree (service_id) WHERE (state = 'LIVE'::text)

table app_edge_state
  id integer not null default 1
  generation bigint not null default 1
  constraint app_edge_state_id_check CHECK ((id = 1))
  constraint app_edge_state_pkey PRIMARY KEY (id)

table app_edges
  id text not null
  host text not null
  pid integer not null
  base_url text not null
  generation bigint not null default 0
  in_flight jsonb not null default '{}'::jsonb
  seen_at timestamp with time zone not null default clock_now()
  constraint app_edges_pkey PRIMARY KEY (id)

table app_environments
  id text not null
  team text not null
  name text not null
  status text not null default 'ACTIVE'::text
  owner text not null
  requested_by text not null
  destroy_at timestamp with time zone
  destroy_retry_at timestamp with time zone
  failed_destroys integer not null default 0
  residue jsonb not null default '[]'::jsonb
  last_job_id text
  created_at timestamp with time zone not null default clock_now()
  destroyed_at timestamp with time zone
  constraint app_environments_check CHECK (((destroyed_at IS NOT NULL) = (status = 'DESTROYED'::text)))
  constraint app_environments_last_job_id_fkey FOREIGN KEY (last_job_id) REFERENCES jobs(id)
  constraint app_environments_pkey PRIMARY KEY (id)
  constraint app_environments_status_check CHECK ((status = ANY (ARRAY['ACTIVE'::text, 'DESTROYING'::text, 'DESTROY_FAILED'::text, 'DESTROYED'::text])))
  CREATE INDEX app_environments_expiry ON public.app_environments USING btree (destroy_at) WHERE ((status = 'ACTIVE'::text) AND (destroy_at IS NOT NULL))
  CREATE UNIQUE INDEX app_environments_name ON public.app_environments USING btree (team, name) WHERE (status <> 'DESTROYED'::text)
  CREATE INDEX app_environments_retry ON public.app_environments USING btree (destroy_retry_at) WHERE (status = 'DESTROY_FAILED'::text)
  CREATE TRIGGER app_environments_usage AFTER UPDATE ON public.app_environments FOR EACH ROW WHEN ((old.destroy_at IS DISTINCT FROM new.destroy_at)) EXECUTE FUNCTION deadline_of_usage()

table app_host
  id integer not null default 1
  host text not null
  drivers jsonb not null default '[]'::jsonb
  claimed_at timestamp with time zone not null default clock_now()
  constraint app_host_id_check CHECK ((id = 1))
  constraint app_host_pkey PRIMARY KEY (id)

table app_instances
  id text not null
  environment_id text not null
  service_id text not null
  release_id text not null
  rollout_id text not null
  replica integer not null
  host text not null
  runtime text not null
  state text not null default 'STARTING'::text
  is_serving boolean not null default false
  address_host text
  address_port integer
  memory_mb integer not null
  cpus double precision not null
  failed_checks integer not null default 0
  log_position bigint not null default 0
  exit_code integer
  exit_signal text
  out_of_memory boolean not null default false
  created_at timestamp with time zone not null default clock_now()
  started_at timestamp with time zone
  last_seen_at timestamp with time zone
  ended_at timestamp with time zone
  volume_id text
  cpu_seconds double precision not null default 0
  measured_at timestamp with time zone
  run_id text
  constraint app_instances_check CHECK (((NOT is_serving) OR (state = 'RUNNING'::text)))
  constraint app_instances_environment_id_fkey FOREIGN KEY (environment_id) REFERENCES app_environments(id)
  constraint app_instances_pkey PRIMARY KEY (id)
  constraint app_instances_release_id_fkey FOREIGN KEY (release_id) REFERENCES app_releases(id)
  constraint app_instances_run_id_fkey FOREIGN KEY (run_id) REFERENCES app_runs(id)
  constraint app_instances_service_id_fkey FOREIGN KEY (service_id) REFERENCES app_services(id)
  constraint app_instances_state_check CHECK ((state = ANY (ARRAY['STARTING'::text, 'RUNNING'::text, 'STOPPING'::text, 'EXITED'::text, 'REMOVED'::text])))
  constraint app_instances_volume_id_fkey FOREIGN KEY (volume_id) REFERENCES app_volumes(id)
  CREATE INDEX app_instances_ended ON public.app_instances USING btree (service_id, ended_at DESC)
  CREATE INDEX app_instances_environment ON public.app_instances USING btree (environment_id) WHERE (state <> 'REMOVED'::text)
  CREATE UNIQUE INDEX app_instances_replica ON public.app_instances USING btree (service_id, rollout_id, replica) WHERE (state = ANY (ARRAY['STARTING'::text, 'RUNNING'::text]))
  CREATE UNIQUE INDEX app_instances_run ON public.app_instances USING btree (run_id) WHERE (run_id IS NOT NULL)
  CREATE INDEX app_instances_service ON public.app_instances USING btree (service_id) WHERE (state <> 'REMOVED'::text)
  CREATE UNIQUE INDEX app_instances_volume ON public.app_instances USING btree (volume_id) WHERE ((volume_id IS NOT NULL) AND (state <> 'REMOVED'::text))
  CREATE TRIGGER app_instances_usage AFTER UPDATE ON public.app_instances FOR EACH ROW WHEN ((old.state <> new.state)) EXECUTE FUNCTION usage_of_instance()
  CREATE TRIGGER app_instances_usage_begin AFTER INSERT ON public.app_instances FOR EACH ROW WHEN ((new.state = 'RUNNING'::text)) EXECUTE FUNCTION usage_of_instance()

table app_log_lines
  service_id text not null
  seq bigint not null
  instance_id text not null
  at timestamp with time zone not null
  stream text not null
  text text not null
  constraint app_log_lines_pkey PRIMARY KEY (service_id, seq)
  constraint app_log_lines_service_id_fkey FOREIGN KEY (service_id) REFERENCES app_services(id)
  constraint app_log_lines_stream_check CHECK ((stream = ANY (ARRAY['stdout'::text, 'stderr'::text])))
  CREATE INDEX app_log_lines_age ON public.app_log_lines USING btree (at)
  CREATE INDEX app_log_lines_instance ON public.app_log_lines USING btree (instance_id, seq DESC)

table app_prices
  id integer not null default 1
  cpu_micros bigint not null
  gib_micros bigint not null
  price_date date not null
  updated_at timestamp with time zone not null default clock_now()
  constraint app_prices_cpu_micros_check CHECK ((cpu_micros >= 0))
  constraint app_prices_gib_micros_check CHECK ((gib_micros >= 0))
  constraint app_prices_id_check CHECK ((id = 1))
  constraint app_prices_pkey PRIMARY KEY (id)

table app_releases
  id text not null
  service_id text not null
  number integer not null
  build_id text not null
  settings jsonb not null
  variable_names text[] not null
  variables_hash text not null
  created_by text not null
  created_at timestamp with time zone not null default clock_now()
  constraint app_releases_build_id_fkey FOREIGN KEY (build_id) REFERENCES app_builds(id)
  constraint app_releases_pkey PRIMARY KEY (id)
  constraint app_releases_service_id_fkey FOREIGN KEY (service_id) REFERENCES app_services(id)
  constraint app_releases_service_id_number_key UNIQUE (service_id, number)

table app_runs
  id text not null
  service_id text not null
  number integer not null
  slot timestamp with time zone
  state text not null
  timeout_seconds integer not null
  release_id text
  job_id text
  exit_code integer
  reason text
  timed_out boolean not null default false
  requested_by text not null
  created_at timestamp with time zone not null default clock_now()
  started_at timestamp with time zone
  ended_at timestamp with time zone
  constraint app_runs_check CHECK (((ended_at IS NULL) = (state = ANY (ARRAY['QUEUED'::text, 'RUNNING'::text]))))
  constraint app_runs_check1 CHECK (((state <> 'RUNNING'::text) OR (started_at IS NOT NULL)))
  constraint app_runs_pkey PRIMARY KEY (id)
  constraint app_runs_release_id_fkey FOREIGN KEY (release_id) REFERENCES app_releases(id)
  constraint app_runs_service_id_fkey FOREIGN KEY (service_id) REFERENCES app_services(id)
  constraint app_runs_service_id_number_key UNIQUE (service_id, number)
  constraint app_runs_state_check CHECK ((state = ANY (ARRAY['QUEUED'::text, 'RUNNING'::text, 'SUCCEEDED'::text, 'FAILED'::text, 'SKIPPED'::text, 'CANCELLED'::text])))
  CREATE UNIQUE INDEX app_runs_open ON public.app_runs USING btree (service_id) WHERE (state = ANY (ARRAY['QUEUED'::text, 'RUNNING'::text]))
  CREATE UNIQUE INDEX app_runs_slot ON public.app_runs USING btree (service_id, slot)

table app_samples
  service_id text not null
  step_seconds integer not null
  at timestamp with time zone not null
  cpu_seconds double precision not null default 0
  measured_seconds double precision not null default 0
  memory_bytes bigint not null default 0
  requests bigint not null default 0
  client_errors bigint not null default 0
  server_errors bigint not null default 0
  latency bigint[] not null default '{}'::bigint[]
  bytes_in bigint not null default 0
  bytes_out bigint not null default 0
  constraint app_samples_pkey PRIMARY KEY (service_id, step_seconds, at)
  constraint app_samples_service_id_fkey FOREIGN KEY (service_id) REFERENCES app_services(id) ON DELETE CASCADE
  constraint app_samples_step_seconds_check CHECK ((step_seconds = ANY (ARRAY[15, 60, 3600])))
  CREATE INDEX app_samples_age ON public.app_samples USING btree (step_seconds, at)

table app_services
  id text not null
  environment_id text not null
  team text not null
  name text not null
  kind text not null
  status text not null default 'ACTIVE'::text
  host_label text not null
  replicas integer not null
  settings jsonb not null
  live_release_id text
  pinned boolean not null default false
  next_release integer not null default 1
  next_deployment integer not null default 1
  log_seq bigint not null default 0
  restart_at timestamp with time zone
  crashed_at timestamp with time zone
  last_job_id text
  requested_by text not null
  created_at timestamp with time zone not null default clock_now()
  destroyed_at timestamp with time zone
  next_run_at timestamp with time zone
  next_run integer not null default 1
  replicas_set_at timestamp with time zone
  failed_restarts integer not null default 0
  constraint app_services_cron CHECK (
CASE kind
    WHEN 'cron'::text THEN (replicas <= 1)
    ELSE (next_run_at IS NULL)
END)
  constraint app_services_environment_id_fkey FOREIGN KEY (environment_id) REFERENCES app_environments(id)
  constraint app_services_kind_check CHECK ((kind = ANY (ARRAY['web'::text, 'worker'::text, 'static'::text, 'cron'::text])))
  constraint app_services_last_job_id_fkey FOREIGN KEY (last_job_id) REFERENCES jobs(id)
  constraint app_services_live_release_id_fkey FOREIGN KEY (live_release_id) REFERENCES app_releases(id)
  constraint app_services_pkey PRIMARY KEY (id)
  constraint app_services_replicas_check CHECK (((replicas >= 0) AND (replicas <= 10)))
  constraint app_services_status_check CHECK ((status = ANY (ARRAY['ACTIVE'::text, 'DESTROYING'::text, 'DESTROYED'::text])))
  constraint app_services_volume_replicas CHECK (((NOT (settings ? 'volume'::text)) OR (replicas <= 1)))
  CREATE INDEX app_services_due ON public.app_services USING btree (next_run_at) WHERE ((next_run_at IS NOT NULL) AND (status = 'ACTIVE'::text))
  CREATE UNIQUE INDEX app_services_host ON public.app_services USING btree (host_label) WHERE (status <> 'DESTROYED'::text)
  CREATE UNIQUE INDEX app_services_name ON public.app_services USING btree (environment_id, name) WHERE (status <> 'DESTROYED'::text)
  CREATE INDEX app_services_team ON public.app_services USING btree (team, id DESC)

table app_sources
  team text not null
  sha256 text not null
  size_bytes bigint not null
  parts integer not null
  used_at timestamp with time zone not null default clock_now()
  constraint app_sources_pkey PRIMARY KEY (team, sha256)

table app_volumes
  id text not null
  environment_id text not null
  team text not null
  name text not null
  size_gib integer not null
  status text not null default 'ACTIVE'::text
  service_id text
  driver text
  error_code text
  error_message text
  last_job_id text
  requested_by text not null
  created_at timestamp with time zone not null default clock_now()
  destroyed_at timestamp with time zone
  constraint app_volumes_check CHECK (((destroyed_at IS NOT NULL) = (status = 'DESTROYED'::text)))
  constraint app_volumes_check1 CHECK (((service_id IS NULL) OR (status = 'ACTIVE'::text)))
  constraint app_volumes_driver_check CHECK ((driver = ANY (ARRAY['process'::text, 'podman'::text])))
  constraint app_volumes_environment_id_fkey FOREIGN KEY (environment_id) REFERENCES app_environments(id)
  constraint app_volumes_last_job_id_fkey FOREIGN KEY (last_job_id) REFERENCES jobs(id)
  constraint app_volumes_pkey PRIMARY KEY (id)
  constraint app_volumes_service_id_fkey FOREIGN KEY (service_id) REFERENCES app_services(id)
  constraint app_volumes_size_gib_check CHECK (((size_gib >= 1) AND (size_gib <= 1024)))
  constraint app_volumes_status_check CHECK ((status = ANY (ARRAY['ACTIVE'::text, 'DESTROYING'::text, 'DESTROY_FAILED'::text, 'DESTROYED'::text])))
  CREATE UNIQUE INDEX app_volumes_name ON public.app_volumes USING btree (environment_id, name) WHERE (status <> 'DESTROYED'::text)
  CREATE UNIQUE INDEX app_volumes_service ON public.app_volumes USING btree (service_id) WHERE (service_id IS NOT NULL)
  CREATE INDEX app_volumes_team ON public.app_volumes USING btree (team, id DESC)

table approvals
  id text not null
  action text not null
  target text not null
  detail text not null
  team text not null
  reason text not null
  requested_by text not null
  requested_at timestamp with time zone not null default clock_now()
  status text not null default 'PENDING'::text
  expires_at timestamp with time zone not null
  decided_by text
  decided_at timestamp with time zone
  decision_reason text
  used_at timestamp with time zone
  constraint approvals_check CHECK (((decided_by IS NULL) = (status = 'PENDING'::text)))
  constraint approvals_check1 CHECK ((decided_by <> requested_by))
  constraint approvals_pkey PRIMARY KEY (id)
  constraint approvals_status_check CHECK ((status = ANY (ARRAY['PENDING'::text, 'APPROVED'::text, 'DENIED'::text, 'USED'::text])))
  CREATE INDEX approvals_of_requester ON public.approvals USING btree (requested_by, action, target)

table audit_anchors
  stream text not null
  seq bigint not null
  hash bytea not null
  at timestamp with time zone not null default clock_now()
  constraint audit_anchors_pkey PRIMARY KEY (stream)

table audit_events
  stream text not null
  seq bigint not null
  at timestamp with time zone not null
  payload text not null
  prev_hash bytea not null
  hash bytea not null
  constraint audit_events_pkey PRIMARY KEY (stream, seq)
  CREATE INDEX audit_events_action ON public.audit_events USING btree (audit_field(payload, 'action'::text) text_pattern_ops, at, stream, seq)
  CREATE INDEX audit_events_actor ON public.audit_events USING btree (audit_field(payload, 'actor'::text), at, stream, seq)
  CREATE INDEX audit_events_at ON public.audit_events USING btree (at, stream, seq)
  CREATE INDEX audit_events_of_stream ON public.audit_events USING btree (stream, at, seq)
  CREATE INDEX audit_events_request ON public.audit_events USING btree (audit_field(payload, 'requestId'::text), at, stream, seq)
  CREATE INDEX audit_events_status ON public.audit_events USING btree (audit_field(payload, 'status'::text), at, stream, seq)
  CREATE INDEX audit_events_target ON public.audit_events USING btree ("left"(audit_field(payload, 'target'::text), 100), at)
  CREATE TRIGGER audit_append BEFORE INSERT ON public.audit_events FOR EACH ROW EXECUTE FUNCTION audit_append()
  CREATE TRIGGER audit_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_events FOR EACH STATEMENT EXECUTE FUNCTION reject_change()

table audit_heads
  stream text not null
  seq bigint not null
  hash bytea not null
  at timestamp with time zone not null default '-infinity'::timestamp with time zone
  constraint audit_heads_pkey PRIMARY KEY (stream)
  CREATE TRIGGER audit_heads_guard BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.audit_heads FOR EACH STATEMENT EXECUTE FUNCTION reject_head_change()

table budget_alerts
  team text not null
  cluster_id text not null default ''::text
  month date not null
  percent integer not null
  budget_micros bigint not null
  spent_micros bigint not null
  at timestamp with time zone not null default clock_now()
  constraint budget_alerts_pkey PRIMARY KEY (team, cluster_id, month, percent, budget_micros)

table budgets
  team text not null
  monthly_micros bigint not null
  alert_percent integer not null
  deny_creates boolean not null
  updated_at timestamp with time zone not null default clock_now()
  updated_by text not null
  constraint budgets_alert_percent_check CHECK (((alert_percent >= 1) AND (alert_percent <= 100)))
  constraint budgets_monthly_micros_check CHECK ((monthly_micros > 0))
  constraint budgets_pkey PRIMARY KEY (team)

table cluster_artifacts
  id text not null
  cluster_id text not null
  job_id text not null
  attempt integer not null
  fence bigint not null
  artifact_type text not null
  uri text not null
  sha256 text not null
  size_bytes bigint not null
  infra_id text
  created_at timestamp with time zone not null default clock_now()
  constraint cluster_artifacts_artifact_type_check CHECK ((artifact_type = ANY (ARRAY['INSTALL_DIR_SNAPSHOT'::text, 'LOG'::text, 'AUTH_BUNDLE'::text, 'METADATA'::text, 'DESTROY_LOG'::text])))
  constraint cluster_artifacts_cluster_id_fkey FOREIGN KEY (cluster_id) REFERENCES clusters(id)
  constraint cluster_artifacts_pkey PRIMARY KEY (id)
  CREATE INDEX cluster_artifacts_of_cluster ON public.cluster_artifacts USING btree (cluster_id, created_at DESC)

table cluster_credentials
  cluster_id text not null
  infra_id text not null
  secret_refs jsonb not null
  recorded_at timestamp with time zone not null default clock_now()
  removed_at timestamp with time zone
  constraint cluster_credentials_cluster_id_fkey FOREIGN KEY (cluster_id) REFERENCES clusters(id)
  constraint cluster_credentials_pkey PRIMARY KEY (cluster_id, infra_id)

table cluster_offhours
  cluster_id text not null
  workers integer
  is_down boolean not null default false
  settled_at timestamp with time zone
  settled_in_hours boolean
  period_since timestamp with time zone
  tries integer not null default 0
  job_id text
  requested_at timestamp with time zone
  target integer
  reason text
  settled_by_schedule boolean not null default false
  blocked text
  constraint cluster_offhours_cluster_id_fkey FOREIGN KEY (cluster_id) REFERENCES clusters(id)
  constraint cluster_offhours_pkey PRIMARY KEY (cluster_id)
  constraint cluster_offhours_workers_check CHECK ((workers > 0))

table cluster_outputs
  cluster_id text not null
  api_url text not null
  console_url text not null
  at timestamp with time zone not null default clock_now()
  constraint cluster_outputs_cluster_id_fkey FOREIGN KEY (cluster_id) REFERENCES clusters(id)
  constraint cluster_outputs_pkey PRIMARY KEY (cluster_id)

table cluster_rates
  id bigint not null identity
  cluster_id text not null
  effective_at timestamp with time zone not null
  hourly_micros bigint
  worker_replicas integer not null
  price_date date
  delta_micros bigint not null
  delta_clusters smallint not null
  constraint cluster_rates_cluster_id_fkey FOREIGN KEY (cluster_id) REFERENCES clusters(id)
  constraint cluster_rates_delta_clusters_check CHECK (((delta_clusters >= '-1'::integer) AND (delta_clusters <= 1)))
  constraint cluster_rates_hourly_micros_check CHECK ((hourly_micros >= 0))
  constraint cluster_rates_pkey PRIMARY KEY (id)
  CREATE INDEX cluster_rates_of_cluster ON public.cluster_rates USING btree (cluster_id, id DESC)
  CREATE TRIGGER cluster_rates_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.cluster_rates FOR EACH STATEMENT EXECUTE FUNCTION reject_change()

sequence cluster_rates_id_seq

table cluster_transition_rules
  from_status text not null
  to_status text not null
  constraint cluster_transition_rules_pkey PRIMARY KEY (from_status, to_status)

table cluster_transitions
  id bigint not null identity
  cluster_id text not null
  from_status text
  to_status text not null
  at timestamp with time zone not null default clock_now()
  job_id text
  fence bigint
  reason text not null
  constraint cluster_transitions_cluster_id_fkey FOREIGN KEY (cluster_id) REFERENCES clusters(id)
  constraint cluster_transitions_pkey PRIMARY KEY (id)
  CREATE INDEX cluster_transitions_of_cluster ON public.cluster_transitions USING btree (cluster_id, id)
  CREATE TRIGGER cluster_transitions_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.cluster_transitions FOR EACH STATEMENT EXECUTE FUNCTION reject_change()
  CREATE TRIGGER cluster_transitions_rate AFTER INSERT ON public.cluster_transitions FOR EACH ROW WHEN ((new.to_status = ANY (ARRAY['CREATING'::text, 'DESTROYED'::text]))) EXECUTE FUNCTION rate_of_transition()

sequence cluster_transitions_id_seq

table cluster_warnings
  id bigint not null identity
  cluster_id text not null
  destroy_at timestamp with time zone not null
  before_hours double precision not null
  at timestamp with time zone not null default clock_now()
  constraint cluster_warnings_before_hours_check CHECK ((before_hours > (0)::double precision))
  constraint cluster_warnings_cluster_id_destroy_at_key UNIQUE (cluster_id, destroy_at)
  constraint cluster_warnings_cluster_id_fkey FOREIGN KEY (cluster_id) REFERENCES clusters(id)
  constraint cluster_warnings_pkey PRIMARY KEY (id)
  CREATE INDEX cluster_warnings_of_cluster ON public.cluster_warnings USING btree (cluster_id, id DESC)

sequence cluster_warnings_id_seq

table clusters
  id text not null
  name text not null
  platform text not null
  version text not null
  profile text not null
  region text not null
  base_domain text not null
  owner text not null
  team text not null
  cost_center text not null
  status text not null
  requested_by text not null
  ttl_hours double precision not null
  destroy_at timestamp with time zone not null
  requested_tags jsonb not null
  effective_tags jsonb not null
  ssh_public_key text
  offhours_opt_in boolean not null
  on_failure text not null
  infra_id text
  worker_replicas integer not null
  hourly_cost double precision not null
  cloud text not null
  cloud_account text
  last_job_id text
  proven_empty_at timestamp with time zone
  created_at timestamp with time zone not null default clock_now()
  updated_at timestamp with time zone not null default clock_now()
  ready_at timestamp with time zone
  destroyed_at timestamp with time zone
  cloud_principal text
  abandoned_at timestamp with time zone
  abandoned_by text
  abandon_reason text
  worker_hourly_cost double precision not null default 0
  price_date date
  hosted_zone_role text
  usage_begins_at timestamp with time zone
  usage_ends_at timestamp with time zone
  usage_us bigint
  usage_cost numeric
  destroy_retry_at timestamp with time zone
  requested_workers integer
  manifests_digest text
  keepalive_minutes integer
  keepalive_renewed_at timestamp with time zone
  set_values jsonb not null default '{}'::jsonb
  profile_digest text
  last_failed_job_id text
  constraint clusters_abandoned_status CHECK (((abandoned_at IS NULL) OR (status = ANY (ARRAY['DESTROY_FAILED'::text, 'DESTROYING'::text, 'DESTROYED'::text]))))
  constraint clusters_abandoned_whole CHECK ((num_nonnulls(abandoned_at, abandoned_by, abandon_reason) = ANY (ARRAY[0, 3])))
  constraint clusters_check CHECK (((destroyed_at IS NOT NULL) = (status = 'DESTROYED'::text)))
  constraint clusters_cloud_check CHECK ((cloud = ANY (ARRAY['sandbox'::text, 'aws'::text, 'ibmcloud'::text])))
  constraint clusters_hourly_cost_check CHECK ((hourly_cost >= (0)::double precision))
  constraint clusters_keepalive_minutes_check CHECK (((keepalive_minutes >= 1) AND (keepalive_minutes <= 1440)))
  constraint clusters_keepalive_whole CHECK (((keepalive_minutes IS NULL) = (keepalive_renewed_at IS NULL)))
  constraint clusters_last_failed_job_id_fkey FOREIGN KEY (last_failed_job_id) REFERENCES jobs(id)
  constraint clusters_last_job_id_fkey FOREIGN KEY (last_job_id) REFERENCES jobs(id)
  constraint clusters_on_failure_check CHECK ((on_failure = ANY (ARRAY['destroy'::text, 'preserve'::text])))
  constraint clusters_pkey PRIMARY KEY (id)
  constraint clusters_platform_check CHECK ((platform = ANY (ARRAY['aws'::text, 'ibmcloud'::text])))
  constraint clusters_requested_workers_check CHECK ((requested_workers >= 0))
  constraint clusters_set_values_check CHECK ((jsonb_typeof(set_values) = 'object'::text))
  constraint clusters_status_check CHECK ((status = ANY (ARRAY['PENDING'::text, 'CREATING'::text, 'READY'::text, 'SCALING'::text, 'FAILED'::text, 'DESTROYING'::text, 'DESTROY_FAILED'::text, 'DESTROYED'::text])))
  constraint clusters_ttl_hours_check CHECK ((ttl_hours > (0)::double precision))
  constraint clusters_worker_hourly_cost_check CHECK ((worker_hourly_cost >= (0)::double precision))
  constraint clusters_worker_replicas_check CHECK ((worker_replicas >= 0))
  CREATE INDEX clusters_active ON public.clusters USING btree (id DESC) WHERE (status <> 'DESTROYED'::text)
  CREATE INDEX clusters_active_of_team ON public.clusters USING btree (team, id DESC) WHERE (status <> 'DESTROYED'::text)
  CREATE INDEX clusters_by_name ON public.clusters USING btree (name, id DESC)
  CREATE INDEX clusters_created ON public.clusters USING btree (created_at DESC)
  CREATE INDEX clusters_created_of_team ON public.clusters USING btree (team, created_at DESC)
  CREATE INDEX clusters_deadline ON public.clusters USING btree (destroy_at) WHERE (status <> ALL (ARRAY['DESTROYED'::text, 'DESTROYING'::text]))
  CREATE UNIQUE INDEX clusters_name_taken ON public.clusters USING btree (platform, base_domain, name) WHERE ((status <> 'DESTROYED'::text) AND (proven_empty_at IS NULL) AND (abandoned_at IS NULL))
  CREATE INDEX clusters_of_owner ON public.clusters USING btree (owner, id DESC)
  CREATE INDEX clusters_of_team ON public.clusters USING btree (team, id DESC)
  CREATE INDEX clusters_opted_in ON public.clusters USING btree (id) WHERE offhours_opt_in
  CREATE INDEX clusters_tied ON public.clusters USING btree (keepalive_renewed_at) WHERE ((keepalive_minutes IS NOT NULL) AND (status <> ALL (ARRAY['DESTROYED'::text, 'DESTROYING'::text, 'DESTROY_FAILED'::text])))
  CREATE INDEX clusters_to_destroy_again ON public.clusters USING btree (destroy_retry_at) WHERE ((status = 'DESTROY_FAILED'::text) AND (abandoned_at IS NULL))
  CREATE TRIGGER check_cluster_transition BEFORE INSERT OR UPDATE ON public.clusters FOR EACH ROW EXECUTE FUNCTION check_cluster_transition()
  CREATE TRIGGER clusters_keep_usage BEFORE UPDATE ON public.clusters FOR EACH ROW WHEN (((old.usage_ends_at IS NOT NULL) AND ((((old.usage_begins_at IS DISTINCT FROM new.usage_begins_at) OR (old.usage_ends_at IS DISTINCT FROM new.usage_ends_at)) OR (old.usage_us IS DISTINCT FROM new.usage_us)) OR (old.usage_cost IS DISTINCT FROM new.usage_cost)))) EXECUTE FUNCTION keep_usage()
  CREATE TRIGGER clusters_price_of_workers BEFORE UPDATE ON public.clusters FOR EACH ROW WHEN (((new.worker_replicas <> old.worker_replicas) AND (new.hourly_cost = old.hourly_cost))) EXECUTE FUNCTION price_of_workers()
  CREATE TRIGGER clusters_rate AFTER UPDATE ON public.clusters FOR EACH ROW WHEN (((((old.hourly_cost IS DISTINCT FROM new.hourly_cost) OR (old.worker_replicas IS DISTINCT FROM new.worker_replicas)) OR (old.proven_empty_at IS DISTINCT FROM new.proven_empty_at)) OR (old.abandoned_at IS DISTINCT FROM new.abandoned_at))) EXECUTE FUNCTION rate_of_cluster()

table destroy_proofs
  cluster_id text not null
  job_id text not null
  envelope jsonb not null
  at timestamp with time zone not null default clock_now()
  constraint destroy_proofs_cluster_id_fkey FOREIGN KEY (cluster_id) REFERENCES clusters(id)
  constraint destroy_proofs_pkey PRIMARY KEY (cluster_id)

table idempotency_keys
  principal text not null
  operation text not null
  key text not null
  fingerprint text not null
  status integer not null
  body text not null
  created_at timestamp with time zone not null default clock_now()
  expires_at timestamp with time zone not null
  constraint idempotency_keys_pkey PRIMARY KEY (principal, operation, key)
  CREATE INDEX idempotency_keys_expiry ON public.idempotency_keys USING btree (expires_at)

table installation
  id text not null
  one boolean not null default true
  constraint installation_one_check CHECK (one)
  constraint installation_one_key UNIQUE (one)
  constraint installation_pkey PRIMARY KEY (id)

table job_events
  job_id text not null
  seq integer not null
  at timestamp with time zone not null default clock_now()
  attempt integer not null
  phase text
  kind text not null
  level text not null
  message text not null
  data jsonb not null default '{}'::jsonb
  constraint job_events_job_id_fkey FOREIGN KEY (job_id) REFERENCES jobs(id)
  constraint job_events_kind_check CHECK ((kind = ANY (ARRAY['phase'::text, 'milestone'::text, 'log'::text, 'state'::text])))
  constraint job_events_level_check CHECK ((level = ANY (ARRAY['debug'::text, 'info'::text, 'warn'::text, 'error'::text])))
  constraint job_events_pkey PRIMARY KEY (job_id, seq)

sequence job_fence

table job_locks with (fillfactor=50)
  resource_id text not null
  head integer not null default 1
  tail integer not null default 0
  ready_at timestamp with time zone
  job_id text
  fence bigint not null default 0
  worker_id text
  constraint job_locks_check CHECK (((job_id IS NULL) = (worker_id IS NULL)))
  constraint job_locks_check1 CHECK (((job_id IS NULL) OR (ready_at IS NULL)))
  constraint job_locks_pkey PRIMARY KEY (resource_id)
  CREATE INDEX job_locks_ready ON public.job_locks USING btree (ready_at) WHERE (ready_at IS NOT NULL)
  CREATE INDEX job_locks_worker ON public.job_locks USING btree (worker_id) WHERE (worker_id IS NOT NULL)

table jobs with (fillfactor=75)
  id text not null
  resource_id text not null
  seq integer not null
  job_type text not null
  status text not null default 'PENDING'::text
  phase text
  run_at timestamp with time zone not null default clock_now()
  attempt integer not null default 0
  max_attempts integer not null
  payload jsonb not null default '{}'::jsonb
  requested_by text not null
  worker_id text
  cancel_requested_at timestamp with time zone
  error_code text
  error_message text
  created_at timestamp with time zone not null default clock_now()
  started_at timestamp with time zone
  ended_at timestamp with time zone
  team text not null
  resource_kind text not null
  resource_name text not null
  deferrals integer not null default 0
  events_removed_at timestamp with time zone
  traceparent text
  cancelled_by text
  constraint jobs_check CHECK (((ended_at IS NOT NULL) = (status = ANY (ARRAY['SUCCEEDED'::text, 'FAILED'::text, 'CANCELLED'::text]))))
  constraint jobs_max_attempts_check CHECK ((max_attempts > 0))
  constraint jobs_pkey PRIMARY KEY (id)
  constraint jobs_resource_id_seq_key UNIQUE (resource_id, seq)
  constraint jobs_status_check CHECK ((status = ANY (ARRAY['PENDING'::text, 'RUNNING'::text, 'RETRYING'::text, 'SUCCEEDED'::text, 'FAILED'::text, 'CANCELLED'::text])))
  constraint jobs_traceparent_check CHECK ((traceparent ~ '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$'::text))
  constraint jobs_type_of_kind CHECK (starts_with(job_type, (resource_kind || '.'::text)))
  CREATE INDEX jobs_of_team ON public.jobs USING btree (team, id DESC)
  CREATE INDEX jobs_with_events ON public.jobs USING btree (ended_at) WHERE ((ended_at IS NOT NULL) AND (events_removed_at IS NULL))

table notification_deliveries
  event_id text not null
  target_id text not null
  status text not null default 'PENDING'::text
  attempts integer not null default 0
  next_at timestamp with time zone not null default clock_now()
  last_at timestamp with time zone
  last_result text
  constraint notification_deliveries_event_id_fkey FOREIGN KEY (event_id) REFERENCES notification_events(id) ON DELETE CASCADE
  constraint notification_deliveries_pkey PRIMARY KEY (target_id, event_id)
  constraint notification_deliveries_status_check CHECK ((status = ANY (ARRAY['PENDING'::text, 'DELIVERED'::text, 'FAILED'::text])))
  constraint notification_deliveries_target_id_fkey FOREIGN KEY (target_id) REFERENCES notification_targets(id) ON DELETE CASCADE
  CREATE INDEX notification_deliveries_due ON public.notification_deliveries USING btree (next_at) WHERE (status = 'PENDING'::text)
  CREATE INDEX notification_deliveries_of_event ON public.notification_deliveries USING btree (event_id)

table notification_events
  id text not null
  type text not null
  team text
  subject text not null
  subject_name text not null
  data jsonb not null
  at timestamp with time zone not null default clock_now()
  constraint notification_events_pkey PRIMARY KEY (id)
  CREATE INDEX notification_events_at ON public.notification_events USING btree (at)

table notification_targets
  id text not null
  name text not null
  kind text not null
  address text not null
  team text
  event_types text[] not null
  created_by text not null
  created_at timestamp with time zone not null default clock_now()
  disabled_at timestamp with time zone
  disabled_reason text
  constraint notification_targets_check CHECK (((disabled_at IS NULL) = (disabled_reason IS NULL)))
  constraint notification_targets_kind_check CHECK ((kind = ANY (ARRAY['webhook'::text, 'slack'::text, 'sns'::text])))
  constraint notification_targets_name_key UNIQUE (name)
  constraint notification_targets_pkey PRIMARY KEY (id)

table offhours_schedules
  team text not null
  timezone text not null
  start_time text not null
  end_time text not null
  days text[] not null
  holidays text[] not null default '{}'::text[]
  updated_by text not null
  updated_at timestamp with time zone not null default clock_now()
  constraint offhours_schedules_check CHECK (((end_time ~ '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$'::text) AND (end_time <> start_time)))
  constraint offhours_schedules_days_check CHECK (((cardinality(days) > 0) AND (days <@ ARRAY['mon'::text, 'tue'::text, 'wed'::text, 'thu'::text, 'fri'::text, 'sat'::text, 'sun'::text])))
  constraint offhours_schedules_pkey PRIMARY KEY (team)
  constraint offhours_schedules_start_time_check CHECK ((start_time ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'::text))

table orphans
  id text not null
  cloud text not null
  account text not null
  infra_id text not null
  platform text not null
  region text not null
  ownership text not null
  cluster_id text
  cluster_name text
  base_domain text
  owner text
  team text
  resources jsonb not null
  daily_cost double precision not null
  oldest_at timestamp with time zone not null
  first_seen_at timestamp with time zone not null default clock_now()
  last_seen_at timestamp with time zone not null default clock_now()
  sightings integer not null default 1
  announced_at timestamp with time zone
  ignored_at timestamp with time zone
  ignored_by text
  ignore_reason text
  last_job_id text
  proof jsonb
  closed_at timestamp with time zone
  closed_as text
  constraint orphans_check CHECK (((closed_at IS NULL) = (closed_as IS NULL)))
  constraint orphans_closed_as_check CHECK ((closed_as = ANY (ARRAY['GONE'::text, 'IN_USE'::text, 'SWEPT'::text])))
  constraint orphans_cloud_check CHECK ((cloud = ANY (ARRAY['sandbox'::text, 'aws'::text, 'ibmcloud'::text])))
  constraint orphans_daily_cost_check CHECK ((daily_cost >= (0)::double precision))
  constraint orphans_last_job_id_fkey FOREIGN KEY (last_job_id) REFERENCES jobs(id)
  constraint orphans_ownership_check CHECK ((ownership = ANY (ARRAY['OURS'::text, 'FOREIGN'::text])))
  constraint orphans_pkey PRIMARY KEY (id)
  constraint orphans_platform_check CHECK ((platform = ANY (ARRAY['aws'::text, 'ibmcloud'::text])))
  constraint orphans_sightings_check CHECK ((sightings > 0))
  CREATE INDEX orphans_closed ON public.orphans USING btree (closed_at) WHERE (closed_at IS NOT NULL)
  CREATE UNIQUE INDEX orphans_open ON public.orphans USING btree (cloud, account, infra_id) WHERE (closed_at IS NULL)

table profile_manifests
  digest text not null
  files jsonb not null
  created_at timestamp with time zone not null default clock_now()
  accepted_at timestamp with time zone not null default clock_now()
  constraint profile_manifests_digest_check CHECK ((digest ~ '^sha256:[0-9a-f]{64}$'::text))
  constraint profile_manifests_files_check CHECK ((jsonb_typeof(files) = 'array'::text))
  constraint profile_manifests_pkey PRIMARY KEY (digest)

table rate_limits with (fillfactor=50)
  key text not null
  tat timestamp with time zone not null
  constraint rate_limits_pkey PRIMARY KEY (key)

table rbac_mappings
  principal text not null
  role text not null
  team text not null
  granted_by text not null
  created_at timestamp with time zone not null default clock_now()
  unique_id text
  constraint rbac_mappings_check CHECK (((team <> '*'::text) OR (role = ANY (ARRAY['auditor'::text, 'platform_admin'::text]))))
  constraint rbac_mappings_pkey PRIMARY KEY (principal, role, team)
  constraint rbac_mappings_role_check CHECK ((role = ANY (ARRAY['requester'::text, 'auditor'::text, 'platform_admin'::text])))
  constraint rbac_mappings_team_is_no_stream CHECK ((NOT starts_with(team, '_'::text)))
  CREATE INDEX rbac_mappings_admins ON public.rbac_mappings USING btree (principal) WHERE ((role = 'platform_admin'::text) AND (team = '*'::text))

table request_nonces
  access_key_id text not null
  nonce text not null
  expires_at timestamp with time zone not null
  constraint request_nonces_pkey PRIMARY KEY (access_key_id, nonce)
  CREATE INDEX request_nonces_expiry ON public.request_nonces USING btree (expires_at)

table schema_migrations
  version integer not null
  name text not null
  sha256 text not null
  applied_at timestamp with time zone not null default now()
  constraint schema_migrations_pkey PRIMARY KEY (version)

table secret_accesses
  principal text not null
  at timestamp with time zone not null default clock_now()
  secret text not null default ''::text
  CREATE INDEX secret_accesses_of_principal ON public.secret_accesses USING btree (principal, at)

table secret_keys
  id text not null
  added_at timestamp with time zone not null default clock_now()
  retired_at timestamp with time zone
  removed_at timestamp with time zone
  constraint secret_keys_pkey PRIMARY KEY (id)

table secrets
  id text not null
  owner_id text not null
  kind text not null
  kek_id text not null
  wrapped_dek bytea not null
  sealed bytea not null
  created_at timestamp with time zone not null default clock_now()
  constraint secrets_owner_id_kind_key UNIQUE (owner_id, kind)
  constraint secrets_pkey PRIMARY KEY (id)
  CREATE INDEX secrets_kek ON public.secrets USING btree (kek_id)

sequence task_fence

table tasks
  name text not null
  next_run_at timestamp with time zone not null
  last_run_at timestamp with time zone
  last_error text
  interval_ms double precision not null default 60000
  fence bigint not null default 0
  lease_until timestamp with time zone
  runner text
  requested_at timestamp with time zone
  requested_by text
  last_ended_at timestamp with time zone
  last_duration_ms double precision
  last_outcome text
  last_result jsonb
  failures integer not null default 0
  constraint tasks_interval_ms_check CHECK ((interval_ms > (0)::double precision))
  constraint tasks_last_outcome_check CHECK ((last_outcome = ANY (ARRAY['SUCCEEDED'::text, 'FAILED'::text, 'INTERRUPTED'::text])))
  constraint tasks_pkey PRIMARY KEY (name)
  constraint tasks_request_whole CHECK (((requested_at IS NULL) = (requested_by IS NULL)))
  CREATE TRIGGER tasks_bound_next_run BEFORE INSERT OR UPDATE ON public.tasks FOR EACH ROW EXECUTE FUNCTION bound_next_run()

table usage_intervals
  id bigint not null identity
  kind text not null
  team text not null
  owner text not null
  parent_id text not null
  parent_name text not null
  resource_id text not null
  resource_name text not null
  resource_type text not null
  subject_id text not null
  cpus double precision not null
  memory_mb integer not null
  hourly_micros bigint not null
  price_date date
  begins_at timestamp with time zone not null
  ends_at timestamp with time zone
  expected_end_at timestamp with time zone
  constraint usage_intervals_check CHECK ((ends_at >= begins_at))
  constraint usage_intervals_cpus_check CHECK ((cpus >= (0)::double precision))
  constraint usage_intervals_hourly_micros_check CHECK ((hourly_micros >= 0))
  constraint usage_intervals_memory_mb_check CHECK ((memory_mb >= 0))
  constraint usage_intervals_pkey PRIMARY KEY (id)
  CREATE INDEX usage_intervals_end ON public.usage_intervals USING btree (ends_at)
  CREATE UNIQUE INDEX usage_intervals_open ON public.usage_intervals USING btree (subject_id) WHERE (ends_at IS NULL)
  CREATE INDEX usage_intervals_parent ON public.usage_intervals USING btree (parent_id)
  CREATE INDEX usage_intervals_resource ON public.usage_intervals USING btree (resource_id)
  CREATE TRIGGER usage_intervals_keep BEFORE DELETE OR UPDATE ON public.usage_intervals FOR EACH ROW EXECUTE FUNCTION keep_interval()
  CREATE TRIGGER usage_intervals_keep_all BEFORE TRUNCATE ON public.usage_intervals FOR EACH STATEMENT EXECUTE FUNCTION keep_interval()

sequence usage_intervals_id_seq

table workers
  id text not null
  host text not null
  pid integer not null
  roles text[] not null
  started_at timestamp with time zone not null default clock_now()
  heartbeat_at timestamp with time zone not null default clock_now()
  lease_until timestamp with time zone not null
  draining boolean not null default false
  job_types text[] not null default '{}'::text[]
  problems jsonb not null default '[]'::jsonb
  dispatch text not null default 'NOTIFY'::text
  dispatch_problem text
  constraint workers_dispatch_check CHECK ((dispatch = ANY (ARRAY['IN_PROCESS'::text, 'NOTIFY'::text, 'SQS'::text])))
  constraint workers_pkey PRIMARY KEY (id)
  CREATE INDEX workers_lease ON public.workers USING btree (lease_until)

CREATE OR REPLACE FUNCTION public.app_rate(cpus double precision, memory_mb integer)
 RETURNS bigint
 LANGUAGE sql
 STABLE
AS $function$
  select coalesce((select round(cpus::numeric * cpu_micros + memory_mb::numeric / 1024 * gib_micros)::int8 from app_prices), 0)
$function$


CREATE OR REPLACE FUNCTION public.append_cluster_rate(cluster clusters, at timestamp with time zone, exists_now boolean)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  last cluster_rates;
  micros int8 := case when exists_now then round(cluster.hourly_cost::numeric * 1000000)::int8 end;
begin
  select * into last from cluster_rates where cluster_id = cluster.id order by id desc limit 1;
  if last.hourly_micros is null and micros is null then
    return;
  end if;
  insert into cluster_rates (cluster_id, effective_at, hourly_micros, worker_replicas, price_date, delta_micros, delta_clusters)
  values (cluster.id, greatest(at, last.effective_at), micros, cluster.worker_replicas, cluster.price_date,
    coalesce(micros, 0) - coalesce(last.hourly_micros, 0), (micros is not null)::int - (last.hourly_micros is not null)::int);
  if micros is null then
    perform close_usage(cluster.id);
  end if;
end
$function$


CREATE OR REPLACE FUNCTION public.audit_append()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
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
$function$


CREATE OR REPLACE FUNCTION public.audit_field(payload text, name text)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE STRICT
AS $function$
begin
  return payload::jsonb ->> name;
exception when others then
  return null;
end
$function$


CREATE OR REPLACE FUNCTION public.begin_app_usage(environment text, resource text, called text, of_type text, subject text, cpus double precision, memory_mb integer)
 RETURNS void
 LANGUAGE sql
AS $function$
  insert into usage_intervals (kind, team, owner, parent_id, parent_name, resource_id, resource_name, resource_type, subject_id, cpus, memory_mb,
    hourly_micros, price_date, begins_at, expected_end_at)
  select 'application', e.team, e.owner, e.id, e.name, resource, called, of_type, subject, cpus, memory_mb,
    app_rate(cpus, memory_mb), (select price_date from app_prices), clock_now(), e.destroy_at
  from app_environments e
  where e.id = environment
  on conflict (subject_id) where ends_at is null do nothing
$function$


CREATE OR REPLACE FUNCTION public.bound_next_run()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  new.next_run_at := least(new.next_run_at, clock_now() + interval '1 day');
  if new.lease_until is not null then
    new.lease_until := least(new.lease_until, clock_now() + interval '1 hour');
  end if;
  return new;
end
$function$


CREATE OR REPLACE FUNCTION public.check_cluster_transition()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'INSERT' then
    if new.status <> 'PENDING' then
      raise exception 'a new cluster must be PENDING, not %', new.status
        using errcode = 'check_violation', constraint = 'cluster_transition_rules';
    end if;
    new.updated_at := clock_now();
    return new;
  end if;
  if new.status <> old.status
    and not exists (select from cluster_transition_rules where from_status = old.status and to_status = new.status) then
    raise exception 'a cluster cannot go from % to %', old.status, new.status
      using errcode = 'check_violation', constraint = 'cluster_transition_rules';
  elsif (new.name, new.platform, new.profile, new.base_domain) is distinct from (old.name, old.platform, old.profile, old.base_domain) then
    raise exception 'name, platform, profile and base domain of a cluster never change' using errcode = 'check_violation';
  end if;
  if new.keepalive_minutes is distinct from old.keepalive_minutes or new.keepalive_renewed_at is not distinct from old.keepalive_renewed_at then
    new.updated_at := clock_now();
  end if;
  return new;
end
$function$


CREATE OR REPLACE FUNCTION public.clock_now()
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select now() + coalesce(nullif(current_setting('ocpctl.clock_offset', true), ''), '0')::interval
$function$


CREATE OR REPLACE FUNCTION public.close_usage(ended text)
 RETURNS void
 LANGUAGE sql
AS $function$
  update clusters c
  set usage_begins_at = u.begins_at, usage_ends_at = u.ends_at, usage_us = u.us, usage_cost = u.cost
  from (
    select min(e.effective_at) as begins_at, max(e.ends_at) as ends_at, sum(e.delta_clusters * e.us)::int8 as us,
      sum(e.delta_micros::numeric * e.us) as cost
    from (
      select r.*, max(r.effective_at) over () as ends_at,
        round(extract(epoch from max(r.effective_at) over () - r.effective_at) * 1000000)::int8 as us
      from cluster_rates r
      where r.cluster_id = ended
    ) e
  ) u
  where c.id = ended
$function$


CREATE OR REPLACE FUNCTION public.deadline_of_usage()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  update usage_intervals set expected_end_at = new.destroy_at where parent_id = new.id and ends_at is null;
  return null;
end
$function$


CREATE OR REPLACE FUNCTION public.end_interval(subject text)
 RETURNS void
 LANGUAGE sql
AS $function$
  update usage_intervals set ends_at = greatest(begins_at, clock_now()) where subject_id = subject and ends_at is null
$function$


CREATE OR REPLACE FUNCTION public.grant_application_rights(application text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  appended text;
begin
  execute format('grant usage on schema %I to %I', current_schema(), application);
  execute format('grant select, insert, update, delete on all tables in schema %I to %I', current_schema(), application);
  execute format('grant usage, select on all sequences in schema %I to %I', current_schema(), application);
  foreach appended in array
    array['audit_events', 'audit_heads', 'cluster_transitions', 'cluster_rates', 'cluster_transition_rules', 'schema_migrations',
      'usage_intervals'] loop
    execute format('revoke insert, update, delete, truncate on %I from %I', appended, application);
  end loop;
  execute format('grant insert (stream, payload) on audit_events to %I', application);
  execute format('grant insert on cluster_transitions to %I', application);
  execute format('grant insert on cluster_rates to %I', application);
  execute format('grant insert, update (ends_at, expected_end_at) on usage_intervals to %I', application);
end
$function$


CREATE OR REPLACE FUNCTION public.keep_interval()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'UPDATE' and old.ends_at is null
    and to_jsonb(old) - '{ends_at,expected_end_at}'::text[] = to_jsonb(new) - '{ends_at,expected_end_at}'::text[] then
    return new;
  end if;
  raise exception 'what was used never changes' using errcode = 'check_violation';
end
$function$


CREATE OR REPLACE FUNCTION public.keep_usage()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'what a cluster cost never changes' using errcode = 'check_violation';
end
$function$


CREATE OR REPLACE FUNCTION public.price_of_workers()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  new.hourly_cost := round((old.hourly_cost + (new.worker_replicas - old.worker_replicas) * old.worker_hourly_cost)::numeric, 6);
  return new;
end
$function$


CREATE OR REPLACE FUNCTION public.rate_of_cluster()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if exists (select from cluster_rates where cluster_id = new.id) and new.status <> 'DESTROYED' then
    perform append_cluster_rate(new, clock_now(), new.proven_empty_at is null and new.abandoned_at is null);
  end if;
  return null;
end
$function$


CREATE OR REPLACE FUNCTION public.rate_of_transition()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  cluster clusters;
begin
  select * into strict cluster from clusters where id = new.cluster_id;
  perform append_cluster_rate(cluster, new.at, new.to_status = 'CREATING');
  return null;
end
$function$


CREATE OR REPLACE FUNCTION public.reject_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end
$function$


CREATE OR REPLACE FUNCTION public.reject_head_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op in ('DELETE', 'TRUNCATE') or pg_trigger_depth() < 2 then
    raise exception 'audit_heads changes only when an event is appended' using errcode = 'insufficient_privilege';
  end if;
  return null;
end
$function$


CREATE OR REPLACE FUNCTION public.usage_of_database()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if old.is_up and (not new.is_up or old.instance_id is distinct from new.instance_id or new.status = 'DESTROYED') then
    perform end_interval(old.instance_id);
  end if;
  if new.is_up and new.instance_id is not null and new.status <> 'DESTROYED' then
    perform begin_app_usage(new.environment_id, new.id, new.name, 'database', new.instance_id, new.cpus, new.memory_mb);
  end if;
  return null;
end
$function$


CREATE OR REPLACE FUNCTION public.usage_of_instance()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if new.state = 'RUNNING' then
    perform begin_app_usage(new.environment_id, new.service_id, s.name, 'service', new.id, new.cpus, new.memory_mb)
    from app_services s where s.id = new.service_id;
  elsif new.state in ('EXITED', 'REMOVED') then
    perform end_interval(new.id);
  end if;
  return null;
end
$function$
