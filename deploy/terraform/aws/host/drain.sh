#!/bin/sh
# Waits until Auto Scaling is about to end this host, has the worker finish its jobs, and then lets Auto Scaling go on.
set -eu

# shellcheck source=/dev/null
. "${OCPCTL_HOST_ETC:-/etc/ocpctl}/host.env"
poll=${OCPCTL_HOST_POLL:-10}

metadata() {
  token=$(curl --fail --silent -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token) &&
    curl --fail --silent -H "X-aws-ec2-metadata-token: $token" "http://169.254.169.254/latest/meta-data/$1"
}

# action VERB [ARGUMENT…]
action() {
  verb=$1
  shift
  aws autoscaling "$verb" --region "$REGION" --auto-scaling-group-name "$NAME-$ROLE" \
    --lifecycle-hook-name drain --instance-id "$instance" "$@"
}

until [ "$(metadata autoscaling/target-lifecycle-state || true)" = Terminated ]; do sleep "$poll"; done
instance=$(metadata instance-id)
echo "draining ocpctl@$ROLE"
systemctl stop --no-block "ocpctl@$ROLE.service"
while
  state=$(systemctl show --property ActiveState --value "ocpctl@$ROLE.service")
  [ "$state" != inactive ] && [ "$state" != failed ]
do
  # Without it the hook ends the host after its own time.
  action record-lifecycle-action-heartbeat || true
  sleep "$poll"
done
echo "drained ocpctl@$ROLE"
action complete-lifecycle-action --lifecycle-action-result CONTINUE
