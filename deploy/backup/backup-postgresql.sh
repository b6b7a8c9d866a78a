#!/bin/sh
# Backs up an installation on PostgreSQL while its servers run.
#
#   DATABASE_URL=postgres://… [OCPCTL_DATA_DIR=…] [OCPCTL_KEY_DIR=…] backup-postgresql.sh DIR KEY_DIR
#
# DIR gets the database and the artifacts, KEY_DIR the keys. Keep them apart: both together open every secret.
# Artifacts in S3 stay there: protect them with versioning and replication of the bucket.
set -eu
umask 077
[ $# -eq 2 ] || { echo "usage: $0 DIR KEY_DIR" >&2; exit 2; }
: "${DATABASE_URL:?set DATABASE_URL to the database of the servers}"
data=${OCPCTL_DATA_DIR:-${XDG_DATA_HOME:-$HOME/.local/share}/ocpctl}
keys=${OCPCTL_KEY_DIR:-$data/keys}
for directory in "$1" "$2"; do
  [ ! -e "$directory" ] || { echo "$directory exists already" >&2; exit 1; }
done
mkdir -p "$1" "$2"

# The database first: what a row names is in the store before the row is written, so each artifact of the dump is found afterwards.
pg_dump --format=custom --no-owner --no-privileges --file="$1/database.dump" "$DATABASE_URL"
case ${OCPCTL_ARTIFACTS:-} in
  s3://*) ;;
  *) if [ -d "$data/artifacts" ]; then cp -Rp "$data/artifacts" "$1/artifacts"; fi ;;
esac
[ -f "$keys/secrets.key.json" ] || { echo "no key file in $keys: set OCPCTL_KEY_DIR or OCPCTL_DATA_DIR" >&2; exit 1; }
cp -p "$keys/secrets.key.json" "$2/"
# Nothing is a backup that cannot be read.
pg_restore --list "$1/database.dump" >"$1/database.list"
echo "database and artifacts in $1, keys in $2"
