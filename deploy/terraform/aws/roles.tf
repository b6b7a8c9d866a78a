resource "aws_iam_role" "server" {
  for_each = local.roles

  name               = "${var.name}-${each.key}"
  description        = "${var.name}: hosts with the role ${each.key}"
  assume_role_policy = file("${local.policy_dir}/server-trust-policy.json")
  tags               = var.tags
}

resource "aws_iam_instance_profile" "server" {
  for_each = local.roles

  name = "${var.name}-${each.key}"
  role = aws_iam_role.server[each.key].name
  tags = var.tags
}

# What the server calls: deploy/aws.
resource "aws_iam_role_policy" "server" {
  for_each = local.roles

  name   = "ocpctl"
  role   = aws_iam_role.server[each.key].id
  policy = local.role_policies[each.key]
}

# What its host calls: the start, the end, the encryption of the queue.
resource "aws_iam_role_policy" "host" {
  for_each = local.roles

  name = "host"
  role = aws_iam_role.server[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid      = "StartupSecrets"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = [for name in local.secrets_of_role[each.key] : aws_secretsmanager_secret.startup[name].arn]
      },
      {
        Sid      = "Key"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = [local.key_arn]
        Condition = {
          StringEquals = {
            "kms:ViaService" = ["secretsmanager.${local.region}.amazonaws.com", "sqs.${local.region}.amazonaws.com"]
          }
        }
      },
      {
        Sid      = "Profiles"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:ListBucket"]
        Resource = [aws_s3_bucket.this["profiles"].arn, "${aws_s3_bucket.this["profiles"].arn}/*"]
      },
      {
        Sid      = "LifecycleOfThisGroup"
        Effect   = "Allow"
        Action   = ["autoscaling:CompleteLifecycleAction", "autoscaling:RecordLifecycleActionHeartbeat"]
        Resource = ["arn:aws:autoscaling:${local.region}:${local.account_id}:autoScalingGroup:*:autoScalingGroupName/${var.name}-${each.key}"]
      },
      ], [
      for arn in aws_cloudwatch_log_group.this[*].arn : {
        Sid      = "Logs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
        Resource = ["${arn}:*"]
      }
    ])
  })
}

resource "aws_iam_role_policy_attachment" "session_manager" {
  for_each = var.session_manager ? local.roles : toset([])

  role       = aws_iam_role.server[each.key].name
  policy_arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

resource "aws_iam_role_policy_attachment" "installer" {
  for_each = toset(var.worker_policy_arns)

  role       = aws_iam_role.server["worker"].name
  policy_arn = each.value
}

resource "aws_cloudwatch_log_group" "this" {
  count = var.log_retention_days == null ? 0 : 1

  name              = "/${var.name}/server"
  retention_in_days = var.log_retention_days
  tags              = var.tags
}
