# What `tako servers` wants to know of a server: one "key value" per line, the tables of ports at the end.
# $root is set before: the folder of an installation that is known already, or nothing.
say() { printf '%s %s\n' "$1" "$2"; }
have() { command -v "$1" >/dev/null 2>&1; }

say os "$(uname -s)"
say cpu "$(uname -m)"
say user "$(id -un)"
say uid "$(id -u)"
say groups "$(id -Gn)"
say home "$HOME"
say clock "$(date +%s)"

if ls /lib/ld-musl-* >/dev/null 2>&1; then say libc musl; else say libc glibc; fi
say glibc "$( (getconf GNU_LIBC_VERSION || ldd --version) 2>/dev/null | head -n 1 | sed 's/.* //')"

if [ "$(id -u)" = 0 ]; then privilege=root
elif have sudo && sudo -n true >/dev/null 2>&1; then privilege=sudo
else privilege=none; fi
say privilege "$privilege"

if [ -z "$root" ]; then
  # Without root: what this user has, else what root has installed for all, else a new one of the user's.
  if [ "$privilege" != none ]; then root=/opt/tako
  elif [ ! -e "$HOME/.tako-server/server.json" ] && [ -r /opt/tako/server.json ]; then root=/opt/tako
  else root=$HOME/.tako-server; fi
fi
say root "$root"
above=$root
while [ ! -d "$above" ]; do above=$(dirname "$above"); done
say disk "$(df -Pk "$above" | tail -n 1)"

if [ -d /run/systemd/system ] && have systemctl; then say systemd yes; else say systemd no; fi
if [ -e "/var/lib/systemd/linger/$(id -un)" ] && systemctl --user show-environment >/dev/null 2>&1; then
  say user_systemd yes
else
  say user_systemd no
fi
if have crontab; then say cron yes; else say cron no; fi
for tool in tar gzip useradd groupadd usermod setsid; do
  if have "$tool"; then say has "$tool"; fi
done
say first_port "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start 2>/dev/null || echo 1024)"
is_ours() { grep -qs '^{"httpPort":' "$root/server.json" || { [ -e "$root/bin/tako-server" ] && [ -d "$root/versions" ]; }; }
if [ -d "$root" ] && [ -n "$(ls -A "$root" 2>/dev/null || echo unreadable)" ] && ! is_ours; then say foreign yes; fi
if [ -x "$root/bin/tako-server" ]; then say program "$("$root/bin/tako-server" version --json 2>/dev/null || echo broken)"; fi
say current "$(readlink "$root/current" 2>/dev/null || true)"
if [ -r "$root/server.json" ]; then say settings "$(cat "$root/server.json")"; fi

cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | sed -n 's/^ *[0-9]*: [0-9A-F]*:\([0-9A-F]*\) [^ ]* 0A .*/listens \1/p' | sort -u
