terraform {
  required_version = ">= 1.6"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }

  # The state has no secret, but a changed one changes the installation: keep it in a bucket of your own.
  # backend "s3" {}
}

provider "aws" {
  region = var.region

  default_tags {
    tags = { Application = "ocpctl" }
  }
}

resource "aws_vpc" "this" {
  cidr_block           = var.vpc_cidr
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = { Name = "ocpctl" }
}

# Without rules: what names no group of its own reaches nothing.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = "ocpctl-default" }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = "ocpctl" }
}

resource "aws_subnet" "public" {
  count = length(var.zones)

  vpc_id            = aws_vpc.this.id
  availability_zone = var.zones[count.index]
  cidr_block        = cidrsubnet(var.vpc_cidr, 4, count.index)
  tags              = { Name = "ocpctl-public-${var.zones[count.index]}" }
}

resource "aws_subnet" "private" {
  count = length(var.zones)

  vpc_id            = aws_vpc.this.id
  availability_zone = var.zones[count.index]
  cidr_block        = cidrsubnet(var.vpc_cidr, 4, 4 + count.index)
  tags              = { Name = "ocpctl-private-${var.zones[count.index]}" }
}

resource "aws_subnet" "database" {
  count = length(var.zones)

  vpc_id            = aws_vpc.this.id
  availability_zone = var.zones[count.index]
  cidr_block        = cidrsubnet(var.vpc_cidr, 4, 8 + count.index)
  tags              = { Name = "ocpctl-database-${var.zones[count.index]}" }
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = "ocpctl-public" }

  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.this.id
  }
}

resource "aws_route_table_association" "public" {
  count = length(var.zones)

  subnet_id      = aws_subnet.public[count.index].id
  route_table_id = aws_route_table.public.id
}

resource "aws_eip" "nat" {
  count = length(var.zones)

  domain = "vpc"
  tags   = { Name = "ocpctl-${var.zones[count.index]}" }

  depends_on = [aws_internet_gateway.this]
}

resource "aws_nat_gateway" "this" {
  count = length(var.zones)

  allocation_id = aws_eip.nat[count.index].id
  subnet_id     = aws_subnet.public[count.index].id
  tags          = { Name = "ocpctl-${var.zones[count.index]}" }
}

resource "aws_route_table" "private" {
  count = length(var.zones)

  vpc_id = aws_vpc.this.id
  tags   = { Name = "ocpctl-private-${var.zones[count.index]}" }

  route {
    cidr_block     = "0.0.0.0/0"
    nat_gateway_id = aws_nat_gateway.this[count.index].id
  }
}

resource "aws_route_table_association" "private" {
  count = length(var.zones)

  subnet_id      = aws_subnet.private[count.index].id
  route_table_id = aws_route_table.private[count.index].id
}

# Artifacts do not go through the NAT gateways.
resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${var.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = aws_route_table.private[*].id
  tags              = { Name = "ocpctl-s3" }
}

module "ocpctl" {
  source = "../.."

  vpc_id              = aws_vpc.this.id
  subnet_ids          = aws_subnet.private[*].id
  database_subnet_ids = aws_subnet.database[*].id

  api_hostname      = var.api_hostname
  api_allowed_cidrs = var.api_allowed_cidrs
  route53_zone_id   = var.route53_zone_id
  aws_accounts      = var.aws_accounts
  bootstrap_admins  = var.bootstrap_admins

  ocpctl_version     = var.ocpctl_version
  release_url        = var.release_url
  profiles_dir       = var.profiles_dir
  worker_policy_arns = var.worker_policy_arns

  log_retention_days  = 30
  alarm_topic_arns    = var.alarm_topic_arns
  deletion_protection = var.deletion_protection
}
