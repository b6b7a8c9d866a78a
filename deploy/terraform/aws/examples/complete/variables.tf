variable "region" {
  description = "Region of the installation."
  type        = string
}

variable "zones" {
  description = "Availability zones of the subnets. Named, so that a new zone of the region does not move them."
  type        = list(string)

  validation {
    condition     = length(var.zones) >= 2 && length(var.zones) <= 4
    error_message = "Name two to four zones."
  }
}

variable "vpc_cidr" {
  description = "Addresses of the VPC, at least a /20."
  type        = string
  default     = "10.90.0.0/16"
}

variable "api_hostname" {
  description = "Name under which the API is called."
  type        = string
}

variable "api_allowed_cidrs" {
  description = "Networks that may connect to the API. They need a route to the VPC: a VPN, a peering, a transit gateway."
  type        = list(string)
}

variable "route53_zone_id" {
  description = "Hosted zone for the record of api_hostname, or null."
  type        = string
  default     = null
}

variable "aws_accounts" {
  description = "AWS accounts whose users and roles may sign in."
  type        = list(string)
}

variable "bootstrap_admins" {
  description = "Principals that are made platform admins."
  type        = list(string)
  default     = []
}

variable "ocpctl_version" {
  description = "Version of ocpctl."
  type        = string
}

variable "release_url" {
  description = "URL of the directory with the files of the release."
  type        = string
}

variable "profiles_dir" {
  description = "Local directory with cluster profiles, or null."
  type        = string
  default     = null
}

variable "worker_policy_arns" {
  description = "Managed policies with the permissions of openshift-install and ccoctl."
  type        = list(string)
}

variable "alarm_topic_arns" {
  description = "SNS topics that alarms are sent to."
  type        = list(string)
  default     = []
}

variable "deletion_protection" {
  description = "Protects database and load balancer against terraform destroy."
  type        = bool
  default     = true
}
