locals {
  api_port = 8443

  # For this long the load balancer still sends requests to a server that ends.
  api_check_seconds     = 10
  api_checks_failed     = 2
  api_unhealthy_seconds = local.api_check_seconds * local.api_checks_failed

  # Workers also connect to the APIs of clusters, API and janitor only to AWS and to receivers of notifications.
  egress = {
    api     = { protocol = "tcp", from = 443, to = 443 }
    worker  = { protocol = "-1", from = null, to = null }
    janitor = { protocol = "tcp", from = 443, to = 443 }
  }
}

resource "aws_security_group" "server" {
  for_each = local.roles

  name        = "${var.name}-${each.key}"
  description = "${var.name}: hosts with the role ${each.key}"
  vpc_id      = var.vpc_id
  tags        = merge(var.tags, { Name = "${var.name}-${each.key}" })
}

resource "aws_security_group" "load_balancer" {
  name        = "${var.name}-load-balancer"
  description = "${var.name}: load balancer of the API"
  vpc_id      = var.vpc_id
  tags        = merge(var.tags, { Name = "${var.name}-load-balancer" })
}

resource "aws_security_group" "database" {
  name        = "${var.name}-database"
  description = "${var.name}: database"
  vpc_id      = var.vpc_id
  tags        = merge(var.tags, { Name = "${var.name}-database" })
}

resource "aws_vpc_security_group_ingress_rule" "load_balancer" {
  for_each = toset(var.api_allowed_cidrs)

  security_group_id = aws_security_group.load_balancer.id
  description       = "Callers of the API"
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  tags              = var.tags
}

resource "aws_vpc_security_group_egress_rule" "load_balancer" {
  security_group_id            = aws_security_group.load_balancer.id
  description                  = "Hosts of the API"
  referenced_security_group_id = aws_security_group.server["api"].id
  ip_protocol                  = "tcp"
  from_port                    = local.api_port
  to_port                      = local.api_port
  tags                         = var.tags
}

resource "aws_vpc_security_group_ingress_rule" "api" {
  security_group_id            = aws_security_group.server["api"].id
  description                  = "Load balancer"
  referenced_security_group_id = aws_security_group.load_balancer.id
  ip_protocol                  = "tcp"
  from_port                    = local.api_port
  to_port                      = local.api_port
  tags                         = var.tags
}

resource "aws_vpc_security_group_ingress_rule" "database" {
  for_each = local.roles

  security_group_id            = aws_security_group.database.id
  description                  = "Hosts with the role ${each.key}"
  referenced_security_group_id = aws_security_group.server[each.key].id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  tags                         = var.tags
}

resource "aws_vpc_security_group_egress_rule" "database" {
  for_each = local.roles

  security_group_id            = aws_security_group.server[each.key].id
  description                  = "Database"
  referenced_security_group_id = aws_security_group.database.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  tags                         = var.tags
}

resource "aws_vpc_security_group_egress_rule" "outside" {
  for_each = local.egress

  security_group_id = aws_security_group.server[each.key].id
  description       = "AWS and other services"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = each.value.protocol
  from_port         = each.value.from
  to_port           = each.value.to
  tags              = var.tags
}

# TLS ends at the servers: they see the address of the caller, and no key is outside of their hosts.
resource "aws_lb" "api" {
  name                             = "${var.name}-api"
  internal                         = true
  load_balancer_type               = "network"
  subnets                          = var.subnet_ids
  security_groups                  = [aws_security_group.load_balancer.id]
  enable_cross_zone_load_balancing = true
  enable_deletion_protection       = var.deletion_protection
  tags                             = var.tags
}

resource "aws_lb_target_group" "api" {
  name                 = "${var.name}-api"
  vpc_id               = var.vpc_id
  target_type          = "instance"
  protocol             = "TCP"
  port                 = local.api_port
  preserve_client_ip   = true
  deregistration_delay = 60
  tags                 = var.tags

  health_check {
    protocol            = "HTTPS"
    path                = "/readyz"
    matcher             = "200"
    interval            = local.api_check_seconds
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = local.api_checks_failed
  }
}

resource "aws_lb_listener" "api" {
  load_balancer_arn = aws_lb.api.arn
  protocol          = "TCP"
  port              = 443
  tags              = var.tags

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.api.arn
  }
}

resource "aws_route53_record" "api" {
  count = var.route53_zone_id == null ? 0 : 1

  zone_id = var.route53_zone_id
  name    = var.api_hostname
  type    = "A"

  alias {
    name                   = aws_lb.api.dns_name
    zone_id                = aws_lb.api.zone_id
    evaluate_target_health = false
  }
}
