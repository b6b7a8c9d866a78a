# What a new host is told. Nothing here names a resource, so that a test can evaluate it without the provider.

locals {
  metrics_port = 9464

  # Without the database: the setup of the host adds its URL.
  settings = {
    for role in ["api", "worker", "janitor"] : role => merge(
      {
        OCPCTL_AWS_REGION           = local.region
        OCPCTL_ARTIFACTS            = "s3://${local.bucket_names.artifacts}/${var.artifact_prefix}"
        OCPCTL_ARTIFACTS_KMS_KEY    = local.key_arn
        OCPCTL_SECRETS              = "secretsmanager"
        OCPCTL_SECRETS_KMS_KEY      = local.key_arn
        OCPCTL_KEY_DIR              = "/var/lib/ocpctl/keys"
        OCPCTL_AUDIT_ANCHORS        = "s3://${local.anchor_bucket}/${var.audit_anchor_prefix}"
        OCPCTL_AUDIT_RETENTION_DAYS = tostring(var.audit_retention_days)
        OCPCTL_SQS_QUEUE_URL        = local.queue_url
      },
      # The setup of the host asks there whether the server is ready.
      role == "api" ? {} : { OCPCTL_METRICS_LISTEN = "127.0.0.1:${local.metrics_port}" },
      role == "api" ? {
        OCPCTL_AUTH_MODES   = "sts"
        OCPCTL_DRAIN_DELAY  = "${local.api_unhealthy_seconds + 5}s"
        OCPCTL_AWS_ACCOUNTS = join(",", var.aws_accounts)
        OCPCTL_PUBLIC_HOSTS = var.api_hostname
        OCPCTL_TLS_CERT     = "/etc/ocpctl/tls/server.pem"
        OCPCTL_TLS_KEY      = "/etc/ocpctl/tls/server.key"
      } : {},
      # The credentials of an instance profile are a session, with which the installer creates clusters in this mode only.
      role == "worker" ? {
        OCPCTL_AWS_CREDENTIALS_MODE = "Manual"
        OCPCTL_PULL_SECRET_FILE     = "/etc/ocpctl/pull-secret.json"
      } : {},
      var.settings
    )
  }

  flags = {
    api     = concat(["--listen 0.0.0.0:${local.api_port}"], [for name in var.bootstrap_admins : "--bootstrap-admin ${name}"])
    worker  = ["--concurrency ${var.worker_concurrency}", "--drain-timeout ${var.worker_drain_minutes}m"]
    janitor = []
  }

  drop_ins = {
    for role in ["api", "worker", "janitor"] : role => join("\n", concat(
      [
        "[Service]",
        "ExecStart=",
        "ExecStart=/usr/bin/ocpctl server --role %i --profiles /etc/ocpctl/profiles ${join(" ", local.flags[role])}",
        "TimeoutStopSec=${role == "worker" ? var.worker_drain_minutes + 5 : 5}min",
      ],
      var.log_retention_days == null ? [] : ["StandardOutput=append:/var/log/ocpctl/%i.log", "StandardError=inherit"],
      [""]
    ))
  }

  host_env = {
    for role in ["api", "worker", "janitor"] : role => {
      NAME            = var.name
      ROLE            = role
      REGION          = local.region
      VERSION         = var.ocpctl_version
      RELEASE_URL     = var.release_url
      TOOLS_URL       = var.openshift_tools_url
      PROFILES_BUCKET = local.bucket_names.profiles
      # A changed profile replaces the hosts.
      PROFILES     = sha256(jsonencode({ for name in local.profile_files : name => filesha256("${var.profiles_dir}/${name}") }))
      API_PORT     = local.api_port
      METRICS_PORT = local.metrics_port
    }
  }

  cloudwatch_agent = {
    logs = {
      logs_collected = {
        files = {
          collect_list = [{
            file_path       = "/var/log/ocpctl/*.log"
            log_group_name  = local.log_group
            log_stream_name = "{instance_id}"
          }]
        }
      }
    }
  }

  host_files = {
    for role in ["api", "worker", "janitor"] : role => merge(
      {
        "/etc/ocpctl/host.env"                                   = join("", [for name, value in local.host_env[role] : "${name}='${value}'\n"])
        "/etc/ocpctl/settings.env"                               = join("", [for name, value in local.settings[role] : "${name}=${value}\n"])
        "/etc/systemd/system/ocpctl@.service"                    = file("${path.module}/../../systemd/ocpctl@.service")
        "/etc/systemd/system/ocpctl@${role}.service.d/host.conf" = local.drop_ins[role]
        "/etc/systemd/system/ocpctl-setup.service"               = file("${path.module}/host/ocpctl-setup.service")
        "/usr/local/lib/ocpctl-host/setup.sh"                    = file("${path.module}/host/setup.sh")
        "/usr/local/lib/ocpctl-host/install.sh"                  = file("${path.module}/../../packages/install.sh")
      },
      # For a rotation of the sealing key, one host is API and janitor: docs/deploy-aws.md.
      role == "api" ? { "/etc/systemd/system/ocpctl@janitor.service.d/host.conf" = local.drop_ins.janitor } : {},
      role == "worker" ? {
        "/etc/systemd/system/ocpctl-drain.service" = file("${path.module}/host/ocpctl-drain.service")
        "/usr/local/lib/ocpctl-host/drain.sh"      = file("${path.module}/host/drain.sh")
      } : {},
      var.log_retention_days == null ? {} : {
        "/etc/ocpctl/cloudwatch-agent.json" = jsonencode(local.cloudwatch_agent)
        "/etc/logrotate.d/ocpctl"           = file("${path.module}/host/logrotate.conf")
      }
    )
  }

  # JSON is YAML, so cloud-init reads it.
  user_data = {
    for role in ["api", "worker", "janitor"] : role => join("\n", ["#cloud-config", jsonencode({
      write_files = [
        for path, content in local.host_files[role] : { path = path, content = content, owner = "root:root", permissions = "0644" }
      ]
      runcmd = concat(
        [["systemctl", "daemon-reload"], ["systemctl", "enable", "--now", "--no-block", "ocpctl-setup.service"]],
        role == "worker" ? [["systemctl", "enable", "--now", "--no-block", "ocpctl-drain.service"]] : []
      )
    })])
  }
}
