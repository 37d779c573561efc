#!/bin/sh
# Process 1 of a machine without systemd: starts what /etc/rc.local says and the SSH server, reaps what is orphaned, and
# ends with its standard input. With it the kernel ends every process of the machine.
cd /
umount -l /mnt
mkdir /run/sshd
/usr/sbin/sshd -E /var/log/sshd.log </dev/null
# Written once it listens.
until [ -s /run/sshd.pid ]; do sleep 0.02; done
[ ! -x /etc/rc.local ] || /etc/rc.local </dev/null >>/var/log/rc.local.log 2>&1 &
echo up
cat >/dev/null
