#!/bin/sh
# Restores an installation on PostgreSQL into an empty database. Stop every server of the old one for good before.
#
#   DATABASE_URL=postgres://… [OCPCTL_DATA_DIR=…] [OCPCTL_KEY_DIR=…] restore-postgresql.sh DIR KEY_DIR
#
# DATABASE_URL is the owner of the new database. For servers with a role of their own, run 'ocpctl server migrate --app-role ROLE' next.
set -eu
umask 077
[ $# -eq 2 ] || { echo "usage: $0 DIR KEY_DIR" >&2; exit 2; }
: "${DATABASE_URL:?set DATABASE_URL to an empty database}"
data=${OCPCTL_DATA_DIR:-${XDG_DATA_HOME:-$HOME/.local/share}/ocpctl}
keys=${OCPCTL_KEY_DIR:-$data/keys}
for target in "$data/artifacts" "$keys/secrets.key.json"; do
  [ ! -e "$target" ] || { echo "$target exists already: a restore does not mix with what is there" >&2; exit 1; }
done
tables=$(psql --no-psqlrc --tuples-only --no-align --command="select count(*) from information_schema.tables where table_schema = 'public'" "$DATABASE_URL")
[ "$tables" = 0 ] || { echo "the database is not empty" >&2; exit 1; }

pg_restore --exit-on-error --single-transaction --no-owner --no-privileges --dbname="$DATABASE_URL" "$1/database.dump"
mkdir -p "$data" "$keys"
chmod 700 "$data" "$keys"
if [ -d "$1/artifacts" ]; then cp -Rp "$1/artifacts" "$data/artifacts"; fi
cp -p "$2/secrets.key.json" "$keys/"
echo "restored; start the servers with this DATABASE_URL, data and key directory"
