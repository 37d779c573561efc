#!/bin/bash
# What a test needs of systemctl, in a machine of machine.ts: systemctl.sh <folder of services> <words of the command>
#
# A service is a script in that folder, run in the background; or a unit file in /etc/systemd/system, whose ExecStart= and
# ExecStop= lines are run one after the other. What is told to go with another service (PartOf=) is started anew with it.
set -u
# Programs that kill whoever runs them are meant for tako alone.
PATH=${PATH#*/faults:}
services=$1
shift
units=/etc/systemd/system
state=/run/units
mkdir -p $state

now=
words=()
for word; do
  case $word in
    --now) now=yes ;;
    -*) ;;
    *) words+=("${word%.service}") ;;
  esac
done
verb=${words[0]}

# The values of a key in a unit file.
values() {
  sed -n "s/^$2=//p" "$units/$1.service"
}

execute() {
  values "$1" "$2" | while read -r line; do
    case $line in
      -*) bash -c "${line#-}" || true ;;
      *) bash -c "$line" || exit 1 ;;
    esac
  done
}

start() {
  if [ -x "$services/$1" ]; then
    setsid "$services/$1" </dev/null >"/run/$1.log" 2>&1 &
    echo $! >"$state/$1"
  elif [ -e "$units/$1.service" ]; then
    execute "$1" ExecStart && touch "$state/$1"
  else
    echo "Unit $1.service could not be found." >&2
    return 5
  fi
}

stop() {
  [ -e "$state/$1" ] || return 0
  if [ -s "$state/$1" ]; then
    kill "$(cat "$state/$1")" 2>/dev/null
    while kill -0 "$(cat "$state/$1")" 2>/dev/null; do sleep 0.02; done
  else
    execute "$1" ExecStop
  fi
  rm -f "$state/$1"
}

# Those that are started anew with it.
parts_of() {
  grep -ls "^PartOf=$1.service" $units/*.service | while read -r file; do
    name=$(basename "$file" .service)
    [ ! -e "$state/$name" ] || echo "$name"
  done
}

restart() {
  local parts
  parts=$(parts_of "$1")
  for part in $parts; do stop "$part"; done
  stop "$1"
  start "$1" || return
  for part in $parts; do start "$part"; done
}

for name in "${words[@]:1}"; do
  case $verb in
    start) start "$name" || exit ;;
    stop) stop "$name" ;;
    restart) restart "$name" || exit ;;
    is-active) [ -e "$state/$name" ] || exit 3 ;;
    enable)
      [ -e "$units/$name.service" ] || exit 1
      for target in $(values "$name" WantedBy); do
        mkdir -p "$units/$target.wants"
        ln -sf "$units/$name.service" "$units/$target.wants/$name.service"
      done
      [ -z "$now" ] || start "$name" || exit
      ;;
    disable)
      [ -z "$now" ] || stop "$name"
      rm -f $units/*.wants/"$name.service"
      ;;
    daemon-reload | reload) ;;
  esac
done
