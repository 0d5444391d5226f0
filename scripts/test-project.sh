#!/usr/bin/env bash
# test-project.sh NAME RESULTS [isolated]: runs one test project that is already built; test.sh calls it.
#
# Writes NAME.trx, NAME.time and, if something was left behind, NAME.left into the folder RESULTS.
# "isolated" says that this process is the first of namespaces of its own: nothing in them is anyone else's.
set -uo pipefail
name=$1 results=$2 isolated=${3:-}
. "$(dirname "${BASH_SOURCE[0]}")/step.sh"

if [ "$isolated" = isolated ]; then
  ip link set lo up
  # ip netns add shares its mounts with the machine unless /run/netns is a mount of ours.
  mkdir -p /run/netns && mount -t tmpfs fab-t /run/netns
fi

began=$(now_ms)
dotnet test "tests/$name/bin/Release/net10.0/$name.dll" --logger "trx;LogFileName=$name.trx" --results-directory "$results" \
  --blame-hang-timeout "${FABRIC_TEST_HANG:-5m}" --blame-hang-dump-type none
status=$?
seconds $(($(now_ms) - began)) >"$results/$name.time"

# A child that is on its way out has a moment for it. What is still there then was left.
left_processes() {
  local folder pid command
  for folder in /proc/[0-9]*; do
    pid=${folder#/proc/}
    if [ "$pid" = $$ ] || [ "$pid" = "$BASHPID" ] || [ "$pid" = "$PPID" ]; then continue; fi
    # Empty for a zombie, whose parent has yet to look at it.
    command=$(tr '\0' ' ' 2>/dev/null <"$folder/cmdline") || continue
    if [ -n "$command" ]; then echo "process $command"; fi
  done
}

if [ "$isolated" = isolated ]; then
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    if [ -z "$(left_processes)" ]; then break; fi
    sleep 0.3
  done
  {
    left_processes
    for netns in /run/netns/*; do
      if [ -e "$netns" ]; then echo "network namespace ${netns#/run/netns/}"; fi
    done
    ip -o link | awk -F': ' '$2 != "lo" { print "network interface " $2 }'
  } >"$results/$name.left"
fi
exit $status
