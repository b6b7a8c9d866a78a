locals {
  bucket_kinds  = var.audit_anchor_bucket == null ? ["artifacts", "anchors", "profiles"] : ["artifacts", "profiles"]
  bucket_names  = { for kind in ["artifacts", "anchors", "profiles"] : kind => "${var.name}-${kind}-${local.account_id}-${local.region}" }
  anchor_bucket = coalesce(var.audit_anchor_bucket, local.bucket_names.anchors)
  profile_files = var.profiles_dir == null ? toset([]) : fileset(var.profiles_dir, "*.yaml")

  bucket_policies = {
    artifacts = jsonencode(local.policies["artifact-bucket"])
    anchors   = jsonencode(local.policies["anchor-bucket"])
    profiles = jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Sid       = "OnlyOverTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = ["arn:aws:s3:::${local.bucket_names.profiles}", "arn:aws:s3:::${local.bucket_names.profiles}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }]
    })
  }
}

resource "aws_s3_bucket" "this" {
  for_each = toset(local.bucket_kinds)

  bucket              = local.bucket_names[each.key]
  object_lock_enabled = each.key == "anchors"
  force_destroy       = each.key == "profiles"
  tags                = var.tags
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = aws_s3_bucket.this

  bucket                  = each.value.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

# The server asks for the key with each artifact; anchors and profiles are read without it.
resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id

  rule {
    bucket_key_enabled = each.key == "artifacts"

    apply_server_side_encryption_by_default {
      sse_algorithm     = each.key == "artifacts" ? "aws:kms" : "AES256"
      kms_master_key_id = each.key == "artifacts" ? local.key_arn : null
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id

  rule {
    id     = "cut-off"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  dynamic "rule" {
    for_each = each.key == "anchors" ? [] : [90]

    content {
      id     = "old-versions"
      status = "Enabled"

      filter {}

      noncurrent_version_expiration {
        noncurrent_days = rule.value
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_policy" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id
  policy = local.bucket_policies[each.key]

  depends_on = [aws_s3_bucket_public_access_block.this]
}

resource "aws_s3_object" "profile" {
  for_each = local.profile_files

  bucket      = aws_s3_bucket.this["profiles"].id
  key         = each.value
  source      = "${var.profiles_dir}/${each.value}"
  source_hash = filemd5("${var.profiles_dir}/${each.value}")
  tags        = var.tags
}
