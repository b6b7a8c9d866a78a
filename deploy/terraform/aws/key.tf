resource "aws_kms_key" "this" {
  description             = "${var.name}: artifacts, secrets, wake-ups, database"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = local.key_policy
  tags                    = var.tags

  lifecycle {
    precondition {
      condition     = data.aws_partition.current.partition == "aws"
      error_message = "The policies of deploy/aws name the partition aws: China and GovCloud are not supported."
    }
  }
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this.key_id
}
