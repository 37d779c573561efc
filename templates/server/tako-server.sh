#!/bin/sh
# The server program with the Node it was made for. Written by "tako servers add".
root=$(cd "$(dirname "$0")/.." && pwd -P)
# Resolved once: an upgrade may switch it at any moment.
program=$(cd "$root/current" && pwd -P) || exit 127
export TAKO_SERVER_ROOT="$root"
exec "$program/node" --disable-warning=ExperimentalWarning "$program/dist/prod/server.mjs" "$@"
