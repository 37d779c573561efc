#!/bin/sh
# The disk of a machine, in a mount namespace of its own: this system's root, read-only, under a tmpfs that takes all
# writes. What a fresh server would not have is hidden. Stays until its standard input ends, then nothing is left.
#
# disk.sh <folder> <bytes> <name> <address> <sudo: yes or no> <init: script or systemd> [<cgroup folder>...]
set -eu
folder=$1 bytes=$2 name=$3 address=$4 sudo=$5 init=$6
shift 6

mount --make-rprivate /
mount -t tmpfs -o "size=$bytes,mode=755" tmpfs "$folder/disk"
upper=$folder/disk/upper
mkdir "$upper" "$folder/disk/work"

# A character device 0/0 in the upper of an overlay says that the lower has no such entry.
hide() {
  { [ -e "/$1" ] || [ -L "/$1" ]; } || return 0
  mkdir -p "$upper/$(dirname "$1")"
  [ -e "$upper/$1" ] || mknod "$upper/$1" c 0 0
}

for entry in $(ls -A /); do
  case $entry in
    bin | sbin | lib | lib32 | lib64 | libx32 | usr | etc) ;;
    *) hide "$entry" ;;
  esac
done
hide usr/local
hide usr/src
for programs in usr/bin usr/sbin usr/games etc/alternatives; do
  for program in node nodejs npm npx corepack yarn yarnpkg pnpm pnpx bun bunx deno; do hide "$programs/$program"; done
done
for modules in usr/lib/node_modules usr/share/nodejs usr/share/node_modules usr/share/npm; do hide "$modules"; done

mount -t overlay -o "lowerdir=/,upperdir=$upper,workdir=$folder/disk/work" overlay "$folder/root"
cd "$folder/root"
mkdir dev home mnt opt proc root run srv sys tmp usr/local usr/local/bin usr/local/sbin
mkdir -p var/cache var/empty var/lib var/log var/mail var/spool var/tmp
chmod 700 root
chmod 1777 tmp var/tmp
ln -s /run var/run
ln -s /run/lock var/lock
touch var/log/lastlog var/log/wtmp

# What the owner of this system has set up is not on a fresh server either.
rm -rf etc/ssh etc/sudoers.d etc/apt etc/profile.d etc/environment etc/npmrc etc/gitconfig etc/pip.conf etc/rc.local \
  etc/resolv.conf etc/gshadow* etc/shadow- etc/passwd- etc/group- etc/subuid* etc/subgid* etc/skel
mkdir -p etc/ssh etc/sudoers.d etc/profile.d etc/skel
printf '%s\n' "$name" >etc/hostname
printf '127.0.0.1 localhost\n::1 localhost\n%s %s\n' "$address" "$name" >etc/hosts
echo '# No name server: there is no way out of here.' >etc/resolv.conf
: >etc/environment

# The accounts that Debian itself has; nobody has a password.
own='$3 < 100 || $3 == 65534 || $1 ~ /^(sshd|ssh|_ssh)$/'
awk -F: "$own" /etc/passwd >etc/passwd.new
awk -F: -v OFS=: "$own { \$4 = \"\"; print }" /etc/group >etc/group.new
awk -F: '{ print $1 ":*:19000:0:99999:7:::" }' etc/passwd.new >etc/shadow.new
for file in passwd group shadow; do mv "etc/$file.new" "etc/$file"; done
sed -i 's#^root:.*#root:x:0:0:root:/root:/bin/bash#' etc/passwd
chmod 640 etc/shadow
chroot . useradd --create-home --shell /bin/bash --password '*' deploy
if [ "$sudo" = yes ]; then
  printf '%s\n' 'Defaults env_reset, !fqdn' 'root ALL=(ALL:ALL) ALL' 'deploy ALL=(ALL:ALL) NOPASSWD: ALL' >etc/sudoers
  chmod 440 etc/sudoers
else
  rm -f usr/bin/sudo
fi

for home in root home/deploy; do
  mkdir -m 700 "$home/.ssh"
  install -m 600 "$folder/client/key.pub" "$home/.ssh/authorized_keys"
done
chroot . chown -R deploy:deploy /home/deploy
install -m 600 "$folder/host_key" etc/ssh/ssh_host_ed25519_key
install -m 644 "$folder/host_key.pub" etc/ssh/ssh_host_ed25519_key.pub
cat >etc/ssh/sshd_config <<'CONFIG'
HostKey /etc/ssh/ssh_host_ed25519_key
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
# Many connections are opened at once on purpose.
MaxStartups 100:30:200
PidFile /run/sshd.pid
AcceptEnv LANG LC_*
Subsystem sftp internal-sftp
CONFIG
install -m 755 "$folder/init.sh" sbin/vps-init
# Without systemd nothing there finds one; with it, it starts sshd and what Debian's own package has it start.
rm -rf etc/systemd/system
mkdir -p etc/systemd/system/multi-user.target.wants
if [ "$init" = systemd ]; then
  # A session of a user is logind's to open, which PAM tells it.
  sed -i 's/^UsePAM no/UsePAM yes/' etc/ssh/sshd_config
  ln -s /lib/systemd/system/ssh.service etc/systemd/system/multi-user.target.wants/ssh.service
  : >etc/machine-id
fi

# Where the cables of this machine meet: it is there, with its address on the other side, when the machine is off too.
ip link add name switch type bridge
ip link set switch up

echo ready
cat >/dev/null

cd /
for group in "$@"; do
  for attempt in 1 2 3 4 5 6 7 8 9 10; do
    [ -d "$group" ] || break
    # Groups of the machine's own are inside, and its last processes may be on their way out.
    find "$group" -depth -type d -exec rmdir {} \; 2>/dev/null || :
    [ ! -d "$group" ] || sleep 0.1
  done
done
# A folder that something is mounted on cannot be removed from here.
umount -l "$folder/root" "$folder/disk"
rm -rf "$folder"
