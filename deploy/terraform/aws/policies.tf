# The policies of roles, buckets and key are the files of deploy/aws with their placeholders replaced.
# Nothing here names a resource, so that a test can evaluate it without the provider.

locals {
  policy_dir = "${path.module}/../../aws"

  policy_files = {
    for name in ["api", "worker", "janitor", "key", "artifact-bucket", "anchor-bucket"] :
    name => file("${local.policy_dir}/${name}-policy.json")
  }

  policies_with_names = {
    for name, text in local.policy_files : name => replace(replace(replace(replace(replace(replace(text,
      "ACCOUNT_ID", local.account_id),
      "REGION", local.region),
      "ARTIFACT_BUCKET", local.bucket_names.artifacts),
      "ARTIFACT_PREFIX", var.artifact_prefix),
      "ANCHOR_BUCKET", local.anchor_bucket),
    "ANCHOR_PREFIX", var.audit_anchor_prefix)
  }

  policies_with_roles = {
    for name, text in local.policies_with_names : name => replace(replace(replace(replace(text,
      "\"HOSTED_ZONE_ROLE_ARN\"", jsonencode(var.hosted_zone_role_arns)),
      "API_ROLE_ARN", local.role_arns.api),
      "JANITOR_ROLE_ARN", local.role_arns.janitor),
    "WORKER_ARN", local.role_arns.worker)
  }

  # The policy of the key itself names no key.
  key_policy = local.policies_with_roles["key"]

  policies = {
    for name, text in local.policies_with_roles : name => jsondecode(replace(text, "KEY_ARN", local.key_arn))
    if name != "key"
  }

  # IAM accepts no statement without a resource.
  role_policies = {
    for role in ["api", "worker", "janitor"] : role => jsonencode(merge(local.policies[role], {
      Statement = [
        for statement in local.policies[role].Statement : statement
        if statement.Sid != "HostedZoneOfAnotherAccount" || length(var.hosted_zone_role_arns) > 0
      ]
    }))
  }
}
