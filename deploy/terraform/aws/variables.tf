variable "name" {
  description = "Name of the installation, and beginning of the names of its resources: ocpctl, or ocpctl- and up to nine letters and digits."
  type        = string
  default     = "ocpctl"

  # deploy/aws permits queues of the names ocpctl-*.fifo.
  validation {
    condition     = can(regex("^ocpctl(-[a-z0-9]{1,9})?$", var.name))
    error_message = "Use ocpctl, or ocpctl- and up to nine lower-case letters and digits."
  }
}

variable "tags" {
  description = "Tags of all resources."
  type        = map(string)
  default     = {}
}

variable "vpc_id" {
  description = "VPC of the hosts, the load balancer and the database."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets of the hosts and the load balancer, in at least two zones. They need a route to the internet, for example by a NAT gateway."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "Name subnets in at least two zones."
  }
}

variable "database_subnet_ids" {
  description = "Private subnets of the database, in at least two zones."
  type        = list(string)

  validation {
    condition     = length(var.database_subnet_ids) >= 2
    error_message = "Name subnets in at least two zones."
  }
}

variable "api_hostname" {
  description = "Name under which the API is called: a name of its certificate, and the first public host of the servers."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9-]+(\\.[a-z0-9-]+)+$", var.api_hostname))
    error_message = "Use a full DNS name in lower case, without scheme and port."
  }
}

variable "api_allowed_cidrs" {
  description = "Networks that may connect to the API."
  type        = list(string)

  validation {
    condition     = length(var.api_allowed_cidrs) > 0 && alltrue([for cidr in var.api_allowed_cidrs : can(cidrhost(cidr, 0))])
    error_message = "Name at least one network, as in 10.0.0.0/8."
  }
}

variable "route53_zone_id" {
  description = "Hosted zone for the record of api_hostname. null: the record is made elsewhere, as an alias or CNAME of the output api_load_balancer_dns_name."
  type        = string
  default     = null
}

variable "aws_accounts" {
  description = "AWS accounts whose users and roles may sign in."
  type        = list(string)

  validation {
    condition     = length(var.aws_accounts) > 0 && alltrue([for id in var.aws_accounts : can(regex("^[0-9]{12}$", id))])
    error_message = "Name at least one account, by its 12 digits."
  }
}

variable "bootstrap_admins" {
  description = "Principals that are made platform admins at each start, for example sso:111122223333:PlatformAdmins. Empty it when there are other admins."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for name in var.bootstrap_admins : can(regex("^[A-Za-z0-9:/+=,.@_-]+$", name))])
    error_message = "A principal is sso:ACCOUNT:NAME, role:ACCOUNT:NAME, user:ACCOUNT:NAME or an ARN."
  }
}

variable "ocpctl_version" {
  description = "Version of the release archive, for example 0.1.0. Another one replaces the hosts."
  type        = string

  validation {
    condition     = can(regex("^[0-9]+\\.[0-9]+\\.[0-9]+(-[0-9A-Za-z.-]+)?$", var.ocpctl_version))
    error_message = "Use a version such as 0.1.0."
  }
}

variable "release_url" {
  description = "URL of the directory with the files of a release (npm run release): the archive and SHA256SUMS."
  type        = string

  validation {
    condition     = can(regex("^https://[A-Za-z0-9._~:/%-]+[^/]$", var.release_url))
    error_message = "Use an https:// URL without a slash at its end."
  }
}

variable "profiles_dir" {
  description = "Local directory with cluster profiles of your own (*.yaml), which the hosts get. null: only those that ship with ocpctl."
  type        = string
  default     = null
}

variable "settings" {
  description = "Further environment variables of all servers, as in docs/configuration.md; they override those of the module. They are in the state: no secrets."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name, value in var.settings : can(regex("^(OCPCTL|OTEL)_[A-Z0-9_]+$", name)) && can(regex("^[^\\n\"'\\\\]*$", value))])
    error_message = "Names begin with OCPCTL_ or OTEL_; values have no line feed, quote or backslash."
  }
}

variable "artifact_prefix" {
  description = "Prefix of the artifacts in their bucket."
  type        = string
  default     = "ocpctl"
}

variable "audit_anchor_prefix" {
  description = "Prefix of the audit anchors in their bucket."
  type        = string
  default     = "audit"
}

variable "audit_anchor_bucket" {
  description = "Bucket of the audit anchors in another account, made there with object lock and the output audit_anchor_bucket_policy. null: the module makes one in this account."
  type        = string
  default     = null
}

variable "audit_retention_days" {
  description = "Days for which S3 rejects changes of an audit anchor."
  type        = number
  default     = 365

  validation {
    condition     = var.audit_retention_days >= 1 && floor(var.audit_retention_days) == var.audit_retention_days
    error_message = "Use whole days."
  }
}

variable "database_version" {
  description = "Major version of PostgreSQL."
  type        = string
  default     = "17"

  validation {
    condition     = contains(["15", "16", "17"], var.database_version)
    error_message = "Use 15, 16 or 17."
  }
}

variable "database_instance_class" {
  description = "Instance class of the database."
  type        = string
  default     = "db.m7g.large"
}

variable "database_storage_gib" {
  description = "Storage of the database in GiB. It grows by itself to four times this."
  type        = number
  default     = 50

  validation {
    condition     = var.database_storage_gib >= 20
    error_message = "Use at least 20 GiB."
  }
}

variable "database_multi_az" {
  description = "Whether the database has a standby in another zone."
  type        = bool
  default     = true
}

variable "database_backup_days" {
  description = "Days for which backups of the database are kept."
  type        = number
  default     = 14

  validation {
    condition     = var.database_backup_days >= 1 && var.database_backup_days <= 35
    error_message = "Use 1 to 35 days."
  }
}

variable "database_backup_window" {
  description = "Daily time of the backup, UTC. It must not overlap with database_maintenance_window."
  type        = string
  default     = "02:00-03:00"
}

variable "database_maintenance_window" {
  description = "Weekly time of the maintenance of the database, UTC."
  type        = string
  default     = "sun:04:00-sun:05:00"
}

variable "deletion_protection" {
  description = "Protects database and load balancer against terraform destroy. Set it to false, and apply, before the installation is destroyed."
  type        = bool
  default     = true
}

variable "ami_id" {
  description = "Image of the hosts: Amazon Linux 2023, x86_64. null: the newest one at the launch of each host."
  type        = string
  default     = null
}

variable "api_instance_type" {
  description = "Instance type of the hosts of the API (x86_64)."
  type        = string
  default     = "m7i.large"
}

variable "worker_instance_type" {
  description = "Instance type of the hosts of the workers (x86_64)."
  type        = string
  default     = "m7i.xlarge"
}

variable "janitor_instance_type" {
  description = "Instance type of the host of the janitor (x86_64)."
  type        = string
  default     = "t3.medium"
}

variable "api_size" {
  description = "Hosts of the API."
  type        = number
  default     = 2
}

variable "janitor_size" {
  description = "Hosts of the janitor. One is sufficient; Auto Scaling replaces it when it fails."
  type        = number
  default     = 1
}

variable "worker_min_size" {
  description = "Smallest number of hosts of workers, and the number of them unless a scaling policy of yours changes it."
  type        = number
  default     = 2
}

variable "worker_max_size" {
  description = "Largest number of hosts of workers."
  type        = number
  default     = 4
}

variable "worker_concurrency" {
  description = "Jobs at a time on a host of workers."
  type        = number
  default     = 4

  validation {
    condition     = var.worker_concurrency >= 1 && var.worker_concurrency <= 100
    error_message = "Use 1 to 100."
  }
}

variable "worker_drain_minutes" {
  description = "Minutes for which a worker that is to end may finish its jobs. Those that run longer are rescheduled; a create then begins again."
  type        = number
  default     = 60

  validation {
    condition     = var.worker_drain_minutes >= 1 && var.worker_drain_minutes <= 180
    error_message = "Use 1 to 180 minutes."
  }
}

variable "worker_disk_gib" {
  description = "Disk of a host of workers in GiB, for installers and the work of jobs."
  type        = number
  default     = 100

  validation {
    condition     = var.worker_disk_gib >= 30
    error_message = "Use at least 30 GiB."
  }
}

variable "worker_policy_arns" {
  description = "Managed policies of yours with the permissions of openshift-install and ccoctl, for the role of the workers."
  type        = list(string)
  default     = []
}

variable "openshift_tools_url" {
  description = "URL of the directory of a mirror with openshift-client-linux.tar.gz, ccoctl-linux.tar.gz and sha256sum.txt, which the workers get oc and ccoctl from."
  type        = string
  default     = "https://mirror.openshift.com/pub/openshift-v4/x86_64/clients/ocp/stable-4.20"

  validation {
    condition     = can(regex("^https://[A-Za-z0-9._~:/%-]+[^/]$", var.openshift_tools_url))
    error_message = "Use an https:// URL without a slash at its end."
  }
}

variable "hosted_zone_role_arns" {
  description = "Roles of other accounts that profiles name as hostedZoneRole."
  type        = list(string)
  default     = []
}

variable "session_manager" {
  description = "Whether the hosts can be reached by Session Manager. There is no other access to them."
  type        = bool
  default     = true
}

variable "log_retention_days" {
  description = "Days for which CloudWatch keeps the logs of the servers. null: they stay in the journal of each host."
  type        = number
  default     = null
}

variable "alarm_topic_arns" {
  description = "SNS topics that alarms are sent to."
  type        = list(string)
  default     = []
}

variable "secret_recovery_days" {
  description = "Days for which a deleted start-up secret can be restored, 0 or 7 to 30."
  type        = number
  default     = 30

  validation {
    condition     = var.secret_recovery_days == 0 || (var.secret_recovery_days >= 7 && var.secret_recovery_days <= 30)
    error_message = "Use 0, or 7 to 30 days."
  }
}
