#!/bin/sh
# The first process of a machine, from power on to its own init: boot.sh <root> <name> <address> <hardware address>
# It starts in the machine's own namespaces, where /proc and the mounts are still those of this system.
#
# boot.sh <root> <name> <address> <hardware address> [<cgroup folder> ...] -- [<v1 controllers> ... | v2]
set -eu

if [ "${in_cgroups:-}" = '' ]; then
  # Known by this number outside.
  read -r pid rest </proc/self/stat
  echo "pid $pid"
  # The network cable comes from outside.
  read -r go
  root=$1 name=$2 address=$3 hardware=$4
  shift 4
  while [ "$1" != -- ]; do
    echo 0 >"$1/cgroup.procs"
    shift
  done
  shift
  export in_cgroups=yes
  # Now, from inside, these groups are the topmost there are.
  exec unshare --cgroup sh "$0" "$root" "$name" "$address" "$hardware" "$@"
fi

root=$1 name=$2 address=$3 hardware=$4
shift 4
cd "$root"
echo "$name" >/proc/sys/kernel/hostname
ip link set lo up
ip link set eth0 address "$hardware"
ip address add "$address/30" dev eth0
ip link set eth0 up

mount -t proc proc proc
# What is not of this network namespace belongs to everybody.
mount --bind proc/sys/net mnt
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount --move mnt proc/sys/net
[ ! -e proc/sysrq-trigger ] || mount --bind /dev/null proc/sysrq-trigger
mount -t sysfs -o ro sysfs sys
mount -t tmpfs -o mode=755 tmpfs run
mkdir -m 1777 run/lock
mount -t tmpfs -o mode=755,size=65536k tmpfs dev
mknod -m 666 dev/null c 1 3
mknod -m 666 dev/zero c 1 5
mknod -m 666 dev/full c 1 7
mknod -m 666 dev/random c 1 8
mknod -m 666 dev/urandom c 1 9
mknod -m 666 dev/tty c 5 0
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
ln -s pts/ptmx dev/ptmx
mount -t tmpfs -o mode=1777 tmpfs dev/shm

if [ "${1:-}" = v2 ]; then
  mount -t cgroup2 cgroup2 sys/fs/cgroup
  # A group that hands out controllers holds no processes of its own.
  mkdir -p sys/fs/cgroup/init.scope
  echo 0 >sys/fs/cgroup/init.scope/cgroup.procs
  for controller in $(cat sys/fs/cgroup/cgroup.controllers); do
    echo "+$controller" >sys/fs/cgroup/cgroup.subtree_control || :
  done
elif [ $# -gt 0 ]; then
  mount -t tmpfs -o mode=755 tmpfs sys/fs/cgroup
  for controllers; do
    mkdir "sys/fs/cgroup/${controllers#name=}"
    # A hierarchy with nothing but a name has no controllers, which has to be said.
    [ "$controllers" = "${controllers#name=}" ] || controllers=none,$controllers
    mount -t cgroup -o "$controllers" cgroup "sys/fs/cgroup/${controllers#none,name=}"
  done
fi

pivot_root . mnt
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
  chroot . /bin/sh /sbin/vps-init
