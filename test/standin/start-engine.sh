#!/usr/bin/env bash
# Starts a Docker engine of its own, with all that it keeps below one directory, and prints its DOCKER_HOST:
#   test/standin/start-engine.sh DIRECTORY
# It ends with: kill "$(cat DIRECTORY/dockerd.pid)". Needs root and the engine's packages (docker.io, iptables).
set -euo pipefail
directory=$(mkdir -p "$1" && cd "$1" && pwd)
host=unix://$directory/docker.sock
export DOCKER_HOST=$host
# One that a killed engine left keeps the next from starting.
[ ! -f "$directory/dockerd.pid" ] || kill -0 "$(cat "$directory/dockerd.pid")" 2>/dev/null || rm "$directory/dockerd.pid"
setsid dockerd --data-root "$directory/docker" --exec-root "$directory/exec" --pidfile "$directory/dockerd.pid" \
  --host "$host" >"$directory/dockerd.log" 2>&1 </dev/null &
engine=$!
for _ in $(seq 200); do
  timeout 10 docker version >/dev/null 2>&1 && { echo "$host"; exit 0; }
  kill -0 "$engine" 2>/dev/null || break
  sleep 0.3
done
echo 'dockerd does not start here:' >&2
tail -n 5 "$directory/dockerd.log" >&2
exit 1
