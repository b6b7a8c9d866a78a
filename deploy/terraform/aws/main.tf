data "aws_caller_identity" "current" {}

data "aws_region" "current" {}

data "aws_partition" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  region     = data.aws_region.current.region
  roles      = toset(["api", "worker", "janitor"])
  role_arns  = { for role in local.roles : role => aws_iam_role.server[role].arn }
  key_arn    = aws_kms_key.this.arn
  queue_url  = aws_sqs_queue.wake.url
  log_group  = one(aws_cloudwatch_log_group.this[*].name)
}
