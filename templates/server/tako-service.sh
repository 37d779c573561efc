#!/bin/sh
# Keeps tako running where no systemd does: tako-service start | stop | restart | status. Written by "tako servers add".
root=$(cd "$(dirname "$0")/.." && pwd -P)
self=$root/bin/tako-service
folder=$root/service
log=$folder/tako.log
# Longer than the holder takes to drain the server and to end the apps.
stop_seconds=120

# A pid file of before a reboot may name anybody, this very script too: a process is known by its words.
is_ours() {
  [ -n "$1" ] && kill -0 "$1" 2>/dev/null || return 1
  case "$(tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null)" in
    *"$root/$2"*" $3 ") return 0 ;;
    *) return 1 ;;
  esac
}
keeper() { cat "$folder/keeper.pid" 2>/dev/null; }
holder() { cat "$folder/holder.pid" 2>/dev/null; }
# The launcher replaces itself by Node, whose words name the program's folder.
keeper_runs() { is_ours "$(keeper)" bin/tako-service keep; }
holder_runs() { is_ours "$(holder)" '' hold; }

write() {
  printf '%s\n' "$2" >"$folder/$1.new" && mv -f "$folder/$1.new" "$folder/$1"
}

# Starts the holder again whenever it ends. One that outlived its keeper is kept.
keep() {
  write keeper.pid $$
  stopping=no
  trap 'stopping=yes; kill -TERM "$(holder)" 2>/dev/null' TERM INT
  trap '' HUP
  while [ $stopping = no ]; do
    if holder_runs; then
      sleep 1
      continue
    fi
    if [ -n "$started" ]; then sleep 1; fi
    started=yes
    [ $stopping = yes ] && break
    "$root/bin/tako-server" hold </dev/null &
    write holder.pid $!
    wait $!
  done
  while holder_runs; do sleep 0.2 2>/dev/null || sleep 1; done
  wait
  rm -f "$folder/holder.pid" "$folder/keeper.pid"
}

start() {
  if keeper_runs; then return 0; fi
  # The end of the log before this one is kept.
  if [ -e "$log" ]; then mv -f "$log" "$log.1"; fi
  if command -v setsid >/dev/null 2>&1; then
    setsid "$self" keep </dev/null >>"$log" 2>&1 &
  else
    nohup "$self" keep </dev/null >>"$log" 2>&1 &
  fi
  waited=0
  until keeper_runs && holder_runs; do
    waited=$((waited + 1))
    if [ $waited -gt 10 ]; then
      echo "tako did not start; $log says why" >&2
      return 1
    fi
    sleep 1
  done
}

stop() {
  if keeper_runs; then kill -TERM "$(keeper)"; elif holder_runs; then kill -TERM "$(holder)"; else return 0; fi
  waited=0
  while keeper_runs || holder_runs; do
    waited=$((waited + 1))
    if [ $waited -gt $stop_seconds ]; then
      kill -KILL "$(keeper)" "$(holder)" 2>/dev/null
      break
    fi
    sleep 1
  done
}

status() {
  if keeper_runs && holder_runs; then echo "tako runs (pid $(holder))"; return 0; fi
  echo 'tako does not run'
  return 3
}

case "${1:-}" in
  start) start ;;
  stop) stop ;;
  restart) stop && start ;;
  status) status ;;
  keep) keep ;;
  *)
    echo 'usage: tako-service start | stop | restart | status' >&2
    exit 2
    ;;
esac
