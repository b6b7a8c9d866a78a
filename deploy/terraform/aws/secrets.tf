# Names only: an administrator puts the values (docs/deploy-aws.md), so they are never in the state.
# They are not below `ocpctl/`, where workers keep the secrets of clusters and may delete them. Names must not end with a hyphen and
# six characters, which look like the end of an ARN.

locals {
  startup_secrets = {
    database-url     = "DATABASE_URL of the servers, with the role that owns nothing."
    sealing-key      = "The key file secrets.key.json."
    tls-certificate  = "Certificate of the API and its chain, PEM."
    tls-key          = "Private key of the certificate of the API, PEM."
    pull-secret-json = "Pull secret for clusters, JSON."
  }

  secrets_of_role = {
    api     = ["database-url", "sealing-key", "tls-certificate", "tls-key"]
    worker  = ["database-url", "sealing-key", "pull-secret-json"]
    janitor = ["database-url", "sealing-key"]
  }
}

resource "aws_secretsmanager_secret" "startup" {
  for_each = local.startup_secrets

  name                    = "${var.name}-startup/${each.key}"
  description             = each.value
  kms_key_id              = local.key_arn
  recovery_window_in_days = var.secret_recovery_days
  tags                    = var.tags
}
