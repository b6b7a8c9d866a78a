#!/bin/sh
# Makes a server of ocpctl of this host, with the settings of /etc/ocpctl/host.env. systemd repeats it until it succeeds:
# the values of the secrets are put after the first hosts have started. The variables OCPCTL_HOST_… are for tests.
set -eu
umask 077

etc=${OCPCTL_HOST_ETC:-/etc/ocpctl}
lib=${OCPCTL_HOST_LIB:-/usr/local/lib/ocpctl-host}
state=${OCPCTL_HOST_STATE:-/var/lib/ocpctl}
bin=${OCPCTL_HOST_BIN:-/usr/local/bin}
prefix=${OCPCTL_HOST_PREFIX:-/usr}
# shellcheck source=/dev/null
. "$etc/host.env"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# download URL FILE
download() {
  curl --fail --silent --show-error --location --retry 3 --proto =https --output "$2" "$1"
}

# secret NAME FILE: the value of a start-up secret, readable by the server only.
secret() {
  aws secretsmanager get-secret-value --region "$REGION" --secret-id "$NAME-startup/$1" \
    --query SecretString --output text >"$work/secret"
  install -o ocpctl -g ocpctl -m 600 "$work/secret" "$2"
}

# tool ARCHIVE PROGRAM: from the mirror, with the checksum that it publishes.
tool() {
  [ ! -x "$bin/$2" ] || return 0
  download "$TOOLS_URL/sha256sum.txt" "$work/sha256sum.txt"
  download "$TOOLS_URL/$1" "$work/$1"
  (cd "$work" && grep " $1\$" sha256sum.txt >expected && sha256sum --check --quiet expected)
  mkdir "$work/$2.d"
  tar -xzf "$work/$1" -C "$work/$2.d"
  install -m 755 "$work/$2.d/$2" "$bin/$2"
}

ready() {
  case $ROLE in
    # The certificate names the API, not this host.
    api) curl --fail --silent --insecure --output /dev/null "https://127.0.0.1:$API_PORT/readyz" ;;
    *) curl --fail --silent --output /dev/null "http://127.0.0.1:$METRICS_PORT/readyz" ;;
  esac
}

getent passwd ocpctl >/dev/null || useradd --system --user-group --home-dir "$state" --shell /sbin/nologin ocpctl
install -d -o root -g root -m 755 "$etc"
install -d -o ocpctl -g ocpctl -m 700 "$state" "$state/keys" "$etc/tls" "$etc/profiles"

# Not again after a restart of the host: the files of a server that runs would be replaced.
case $("$prefix/bin/ocpctl" --version 2>/dev/null || true) in
  "ocpctl $VERSION "*) ;;
  *) sh "$lib/install.sh" --from "$RELEASE_URL" --version "$VERSION" --prefix "$prefix" ;;
esac
download "https://truststore.pki.rds.amazonaws.com/$REGION/$REGION-bundle.pem" "$work/rds-ca.pem"
install -m 644 "$work/rds-ca.pem" "$etc/rds-ca.pem"
aws s3 sync --region "$REGION" --delete --only-show-errors "s3://$PROFILES_BUCKET/" "$etc/profiles/"
chown -R ocpctl:ocpctl "$etc/profiles"

secret database-url "$work/database-url"
secret sealing-key "$state/keys/secrets.key.json"
case $ROLE in
  api)
    secret tls-certificate "$etc/tls/server.pem"
    secret tls-key "$etc/tls/server.key"
    ;;
  worker)
    secret pull-secret-json "$etc/pull-secret.json"
    tool openshift-client-linux.tar.gz oc
    tool ccoctl-linux.tar.gz ccoctl
    ;;
esac
{
  cat "$etc/settings.env"
  printf 'DATABASE_URL=%s\n' "$(cat "$work/database-url")"
} >"$work/server.env"
install -m 600 "$work/server.env" "$etc/server.env"

if [ -f "$etc/cloudwatch-agent.json" ]; then
  install -d -m 750 /var/log/ocpctl
  dnf install --assumeyes --quiet amazon-cloudwatch-agent
  /opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s -c "file:$etc/cloudwatch-agent.json"
fi

systemctl daemon-reload
systemctl enable --now "ocpctl@$ROLE.service"
tries=0
until ready; do
  tries=$((tries + 1))
  [ "$tries" -lt 60 ] || { echo "ocpctl@$ROLE is not ready: journalctl -u ocpctl@$ROLE" >&2; exit 1; }
  sleep "${OCPCTL_HOST_POLL:-5}"
done
if [ "$ROLE" = janitor ]; then exit 0; fi
# Auto Scaling waits for this before it goes on, for example with the next host of a refresh.
token=$(curl --fail --silent -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token)
instance=$(curl --fail --silent -H "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data/instance-id)
# Fails where nothing waits any more: after a restart of the host.
aws autoscaling complete-lifecycle-action --region "$REGION" --auto-scaling-group-name "$NAME-$ROLE" \
  --lifecycle-hook-name ready --instance-id "$instance" --lifecycle-action-result CONTINUE || true
