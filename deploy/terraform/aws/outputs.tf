output "api_load_balancer_dns_name" {
  description = "DNS name of the load balancer of the API."
  value       = aws_lb.api.dns_name
}

output "api_load_balancer_zone_id" {
  description = "Hosted zone of the load balancer, for an alias record."
  value       = aws_lb.api.zone_id
}

output "startup_secrets" {
  description = "Names of the secrets that an administrator puts the values of."
  value       = { for key, secret in aws_secretsmanager_secret.startup : key => secret.name }
}

output "database_endpoint" {
  description = "Host and port of the database."
  value       = aws_db_instance.this.endpoint
}

output "database_admin_secret_arn" {
  description = "Secret with the password of ocpctl_admin, which RDS keeps."
  value       = aws_db_instance.this.master_user_secret[0].secret_arn
}

output "artifact_bucket" {
  description = "Bucket of the artifacts."
  value       = aws_s3_bucket.this["artifacts"].id
}

output "audit_anchor_bucket" {
  description = "Bucket of the audit anchors."
  value       = local.anchor_bucket
}

output "audit_anchor_bucket_policy" {
  description = "Policy of the bucket of the audit anchors, for one in another account."
  value       = local.bucket_policies.anchors
}

output "queue_url" {
  description = "URL of the queue of wake-ups."
  value       = aws_sqs_queue.wake.url
}

output "key_arn" {
  description = "KMS key of the installation."
  value       = local.key_arn
}

output "role_arns" {
  description = "Roles of the hosts."
  value       = { for role in local.roles : role => aws_iam_role.server[role].arn }
}

output "autoscaling_groups" {
  description = "Auto Scaling groups of the hosts."
  value       = { for role in local.roles : role => aws_autoscaling_group.server[role].name }
}

output "security_group_ids" {
  description = "Security groups of the hosts, for example for rules of other networks."
  value       = { for role in local.roles : role => aws_security_group.server[role].id }
}
