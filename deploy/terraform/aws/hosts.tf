locals {
  hosts = {
    api     = { type = var.api_instance_type, disk = 30, min = var.api_size, max = var.api_size }
    worker  = { type = var.worker_instance_type, disk = var.worker_disk_gib, min = var.worker_min_size, max = var.worker_max_size }
    janitor = { type = var.janitor_instance_type, disk = 30, min = var.janitor_size, max = var.janitor_size }
  }

  # A host counts when its server is ready; a worker ends when its jobs have.
  lifecycle_hooks = {
    api = { ready = { transition = "autoscaling:EC2_INSTANCE_LAUNCHING", seconds = 3600, otherwise = "ABANDON" } }
    worker = {
      ready = { transition = "autoscaling:EC2_INSTANCE_LAUNCHING", seconds = 3600, otherwise = "ABANDON" }
      drain = { transition = "autoscaling:EC2_INSTANCE_TERMINATING", seconds = 900, otherwise = "CONTINUE" }
    }
    janitor = {}
  }
}

resource "aws_launch_template" "server" {
  for_each = local.roles

  name                   = "${var.name}-${each.key}"
  update_default_version = true
  image_id               = coalesce(var.ami_id, "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64")
  instance_type          = local.hosts[each.key].type
  user_data              = base64gzip(local.user_data[each.key])
  ebs_optimized          = true
  tags                   = var.tags

  iam_instance_profile {
    arn = aws_iam_instance_profile.server[each.key].arn
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  network_interfaces {
    associate_public_ip_address = false
    delete_on_termination       = true
    security_groups             = [aws_security_group.server[each.key].id]
  }

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_type           = "gp3"
      volume_size           = local.hosts[each.key].disk
      encrypted             = true
      delete_on_termination = true
    }
  }

  monitoring {
    enabled = true
  }

  dynamic "tag_specifications" {
    for_each = toset(["instance", "volume", "network-interface"])

    content {
      resource_type = tag_specifications.value
      tags          = merge(var.tags, { Name = "${var.name}-${each.key}" })
    }
  }

  lifecycle {
    precondition {
      condition     = length(base64gzip(local.user_data[each.key])) <= 16384
      error_message = "The user data of a host is larger than the 16 KiB of EC2: shorten settings."
    }
  }
}

resource "aws_autoscaling_group" "server" {
  for_each = local.roles

  name                  = "${var.name}-${each.key}"
  min_size              = local.hosts[each.key].min
  max_size              = local.hosts[each.key].max
  vpc_zone_identifier   = var.subnet_ids
  target_group_arns     = each.key == "api" ? [aws_lb_target_group.api.arn] : []
  protect_from_scale_in = each.key == "worker"
  enabled_metrics       = ["GroupDesiredCapacity", "GroupInServiceInstances", "GroupPendingInstances", "GroupTerminatingInstances"]

  # By the state of the host: an outage of the database must not replace all hosts.
  health_check_type         = "EC2"
  health_check_grace_period = 300
  # The hosts wait for the secrets, which are put after the first apply.
  wait_for_capacity_timeout = "0"

  launch_template {
    id      = aws_launch_template.server[each.key].id
    version = aws_launch_template.server[each.key].latest_version
  }

  dynamic "initial_lifecycle_hook" {
    for_each = local.lifecycle_hooks[each.key]

    content {
      name                 = initial_lifecycle_hook.key
      lifecycle_transition = initial_lifecycle_hook.value.transition
      heartbeat_timeout    = initial_lifecycle_hook.value.seconds
      default_result       = initial_lifecycle_hook.value.otherwise
    }
  }

  instance_refresh {
    strategy = "Rolling"

    preferences {
      min_healthy_percentage       = 100
      max_healthy_percentage       = 200
      scale_in_protected_instances = "Refresh"
    }
  }

  dynamic "tag" {
    for_each = merge(var.tags, { Name = "${var.name}-${each.key}" })

    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = false
    }
  }

  timeouts {
    delete = "${var.worker_drain_minutes + 30}m"
  }

  depends_on = [
    aws_iam_role_policy.server,
    aws_iam_role_policy.host,
    aws_s3_bucket_policy.this,
    aws_s3_object.profile,
  ]
}
