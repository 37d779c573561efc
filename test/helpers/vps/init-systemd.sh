#!/bin/sh
# Before process 1 of a machine becomes systemd: leaves one behind that says when sshd listens, and has the machine end
# with its standard input. With process 1 the kernel ends every process of the machine.
cd /
umount -l /mnt
# What runs in the background is given no standard input.
exec 3<&0
(
  until [ -s /run/sshd.pid ]; do sleep 0.02; done
  echo up
  cat <&3 >/dev/null
  # SIGRTMIN+14, systemd(1): the power goes at once.
  kill -48 1
) &
exec env container=namespaces /lib/systemd/systemd 3<&- </dev/null >/dev/null 2>&1
