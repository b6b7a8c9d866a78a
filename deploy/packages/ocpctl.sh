#!/bin/sh
# Runs ocpctl with the Node.js of its archive: none has to be installed.
home=$(dirname "$(readlink -f "$0")")/..
exec "$home/node/bin/node" "$home/lib/node_modules/ocpctl/bin/run.js" "$@"
