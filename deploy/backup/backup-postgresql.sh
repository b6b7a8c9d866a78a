#!/bin/sh
# Backs up an installation on PostgreSQL while its servers run.
#
#   DATABASE_URL=postgres://… [OCPCTL_DATA_DIR=…] [OCPCTL_KEY_DIR=…] backup-postgresql.sh DIR KEY_DIR
#
# DIR gets the database and the artifacts, KEY_DIR the keys. Keep them apart: both together open every secret.
# Artifacts in S3 stay there: protect them with versioning and replication of the bucket.
# Both directories appear when they are complete; after a failure there is neither.
set -eu
umask 077
[ $# -eq 2 ] || { echo "usage: $0 DIR KEY_DIR" >&2; exit 2; }
: "${DATABASE_URL:?set DATABASE_URL to the database of the servers}"
to=${1%/}
keys_to=${2%/}
data=${OCPCTL_DATA_DIR:-${XDG_DATA_HOME:-$HOME/.local/share}/ocpctl}
keys=${OCPCTL_KEY_DIR:-$data/keys}
fail() { echo "$0: $1" >&2; exit 1; }
for program in pg_dump pg_restore psql; do
  command -v "$program" >/dev/null || fail "$program is not on the PATH: install the client programs of PostgreSQL"
done
for directory in "$to" "$keys_to"; do
  [ ! -e "$directory" ] || fail "$directory exists already"
done
case $to/ in "$keys_to"/*) fail 'DIR and KEY_DIR must be apart' ;; esac
case $keys_to/ in "$to"/*) fail 'DIR and KEY_DIR must be apart' ;; esac
[ -f "$keys/secrets.key.json" ] || fail "no key file in $keys: set OCPCTL_KEY_DIR or OCPCTL_DATA_DIR"

trap 'rm -rf "$to.partial" "$keys_to.partial"' EXIT
trap 'exit 1' HUP INT TERM
rm -rf "$to.partial" "$keys_to.partial"
mkdir -p "$to.partial" "$keys_to.partial"
cp -p "$keys/secrets.key.json" "$keys_to.partial/"

# The database first: what a row names is in the store before the row is written, so each artifact of the dump is found afterwards.
pg_dump --format=custom --no-owner --no-privileges --file="$to.partial/database.dump" "$DATABASE_URL"
# It reads the whole dump, not only its table of contents.
pg_restore --file=/dev/null "$to.partial/database.dump"
case ${OCPCTL_ARTIFACTS:-} in
  s3://*) ;;
  *)
    if [ -d "$data/artifacts" ]; then
      cp -Rp "$data/artifacts" "$to.partial/artifacts"
    else
      stored=$(psql --no-psqlrc --tuples-only --no-align --command='select count(*) from cluster_artifacts' "$DATABASE_URL")
      [ "$stored" = 0 ] || fail "$data has no artifacts, and the database names $stored: set OCPCTL_DATA_DIR, or OCPCTL_ARTIFACTS to the bucket"
    fi
    ;;
esac
mv "$keys_to.partial" "$keys_to"
mv "$to.partial" "$to"
echo "database and artifacts in $to, keys in $keys_to"
