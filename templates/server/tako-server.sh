#!/bin/sh
# The server program with the Node it was made for. Written by "tako servers add".
root=$(cd "$(dirname "$0")/.." && pwd -P)
# Resolved once: an upgrade may switch it at any moment.
program=$(cd "$root/current" && pwd -P) || exit 127
export TAKO_SERVER_ROOT="$root"
# What ssh runs is small, and starts fast. A version before this one has it in the program itself.
entry=server
if [ "${1:-}" = connect ] && [ -e "$program/dist/prod/connect.mjs" ]; then entry=connect; fi
exec "$program/node" --disable-warning=ExperimentalWarning "$program/dist/prod/$entry.mjs" "$@"
