#!/bin/bash
# The first process of a machine of machine.ts: boot.sh <folder>. It lives as long as its standard input.
set -eu
folder=$1
# Known by this number outside: /proc is still that of this system.
read -r pid rest </proc/self/stat
mount -t proc proc /proc
mount --bind "$folder/etc" /etc
mount --bind "$folder/anchors" /usr/local/share/ca-certificates
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -m 1777 /run/lock
mkdir -p /run/systemd
ip link set lo up
echo "pid $pid"
# Bash waits for whatever ends here, as a first process has to.
while read -r _; do :; done
