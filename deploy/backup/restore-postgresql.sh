#!/bin/sh
# Restores an installation on PostgreSQL into an empty database. Stop every server of the old one for good before.
#
#   DATABASE_URL=postgres://… [OCPCTL_DATA_DIR=…] [OCPCTL_KEY_DIR=…] restore-postgresql.sh DIR KEY_DIR
#
# DATABASE_URL is the owner of the new database. For servers with a role of their own, run 'ocpctl server migrate --app-role ROLE' next.
# Run it as the user of the servers: the files will be that user's.
set -eu
umask 077
[ $# -eq 2 ] || { echo "usage: $0 DIR KEY_DIR" >&2; exit 2; }
: "${DATABASE_URL:?set DATABASE_URL to an empty database}"
data=${OCPCTL_DATA_DIR:-${XDG_DATA_HOME:-$HOME/.local/share}/ocpctl}
keys=${OCPCTL_KEY_DIR:-$data/keys}
fail() { echo "$0: $1" >&2; exit 1; }
query() { psql --no-psqlrc --tuples-only --no-align --command="$1" "$DATABASE_URL"; }
[ -f "$1/database.dump" ] || fail "$1 has no database.dump: it is no complete backup"
[ -f "$2/secrets.key.json" ] || fail "$2 has no secrets.key.json"
for target in "$data/artifacts" "$keys/secrets.key.json"; do
  [ ! -e "$target" ] || fail "$target exists already: a restore does not mix with what is there"
done
[ "$(query "select count(*) from information_schema.tables where table_schema = 'public'")" = 0 ] ||
  fail 'the database is not empty; after a restore that was cut off, drop it and create it again'

pg_restore --exit-on-error --single-transaction --no-owner --no-privileges --dbname="$DATABASE_URL" "$1/database.dump"
# A secret that none of the keys opens would stop the servers.
for id in $(query 'select distinct kek_id from secrets'); do
  grep -qF "\"$id\"" "$2/secrets.key.json" ||
    fail "$2 is without the key $id of this backup; drop the database and create it again"
done
mkdir -p "$data" "$keys"
chmod 700 "$data" "$keys"
if [ -d "$1/artifacts" ]; then cp -Rp "$1/artifacts" "$data/artifacts"; fi
cp -p "$2/secrets.key.json" "$keys/"
echo "restored; start the servers with this DATABASE_URL, data and key directory"
