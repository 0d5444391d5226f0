#!/usr/bin/env bash
# Builds everything once and runs every test project, or those named: scripts/test.sh Fabric.Ovs.Tests
#
# The last line is always "N passed, N failed, N skipped"; the exit code is 0 only if tests ran and none failed.
# As root every project runs inside namespaces of its own (mounts, network, processes), so that a test can disturb
# neither the machine nor another project, and whatever it leaves behind is found, counted as a failure, and gone.
#
#   FABRIC_TEST_HANG=5m      a test that says nothing for so long is reported by name and stopped
#   FABRIC_TEST_ISOLATE=0    runs the tests on the machine itself, to look at what a failing one made
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/step.sh

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_CLI_WORKLOAD_UPDATE_NOTIFY_DISABLE=1
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
results=$PWD/TestResults
passed=0 failed=0 skipped=0

finish() {
  printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
  if [ "$failed" -gt 0 ] || [ "$passed" = 0 ]; then exit 1; fi
  exit 0
}

# A failure that is no test: it counts as one, so that no red run ends in "0 failed".
fail_check() {
  failed=$((failed + 1))
  echo "FAILED $*"
}

test_projects() {
  local project name
  for project in tests/*/*.csproj; do
    name=$(basename "$project" .csproj)
    if ! grep -q 'Include="Microsoft.NET.Test.Sdk"' "$project"; then continue; fi
    if [ $# = 0 ] || [[ " $* " == *" $name "* ]]; then echo "$name"; fi
  done
}

# Projects that start daemons or make namespaces have deadlines to meet: they run one after the other. The others do not
# touch the system and run beside them, on the second core.
touches_system() {
  grep -qE 'Fabric\.Lab|Fabric\.Demo' "tests/$1/$1.csproj" || grep -qsE '"(ip|nsenter|unshare|mount|chroot)"' -r "tests/$1" --include='*.cs'
}

isolation_works() {
  [ "${FABRIC_TEST_ISOLATE:-1}" != 0 ] && [ "$(id -u)" = 0 ] &&
    unshare --mount --net --pid --fork --kill-child --mount-proc true 2>/dev/null
}

run_lane() {
  local name
  for name in "$@"; do
    if [ "$isolated" = 1 ]; then
      unshare --mount --net --pid --fork --kill-child --mount-proc scripts/test-project.sh "$name" "$results" isolated
    else
      scripts/test-project.sh "$name" "$results"
    fi >"$results/$name.out" 2>&1 </dev/null
    echo $? >"$results/$name.status"
    # One write per project, so that the two lanes cannot interleave within a report.
    report "$name" >"$results/$name.report"
    cat "$results/$name.report"
  done
}

# The line of one project, and under it every failure and every skip, whole. Ends in a line for the sums, in a file.
report() {
  local name=$1 status time
  status=$(cat "$results/$name.status")
  time=$(cat "$results/$name.time" 2>/dev/null)
  awk -v name="$name" -v status="$status" -v time="${time:-?}" -v sums="$results/$name.sums" \
    -v left="$results/$name.left" -f scripts/trx.awk "$results/$name.trx" /dev/null 2>"$results/$name.awk"
  if [ ! -s "$results/$name.sums" ]; then
    echo '0 1 0' >"$results/$name.sums"
    echo "$name: no readable result; its whole output follows"
    cat "$results/$name.awk" "$results/$name.out"
  elif [ -e "$results/$name.broken" ] || grep -q ' whole$' "$results/$name.sums"; then
    cat "$results/$name.out"
  fi
}

if ! scripts/install-dependencies.sh; then
  fail_check 'the dependencies are not complete'
  finish
fi
mapfile -t names < <(test_projects "$@")
if [ ${#names[@]} = 0 ]; then
  fail_check "no test project named $*"
  finish
fi

rm -rf "$results"
mkdir -p "$results"
build() { dotnet build "$1" -c Release -v q --nologo '-clp:NoSummary;ErrorsOnly' -tl:off; }
if [ $# = 0 ]; then
  step 'building everything (Release)' build Fabric.sln || { fail_check 'the build'; finish; }
else
  for name in "${names[@]}"; do
    step "building $name (Release)" build "tests/$name" || { fail_check "the build of $name"; finish; }
  done
fi

isolated=0
if isolation_works; then isolated=1; fi
before=$(ls /run/netns 2>/dev/null | grep '^fab-t')
alone=() beside=()
for name in "${names[@]}"; do
  if touches_system "$name"; then alone+=("$name"); else beside+=("$name"); fi
done
# An interrupted run takes its lanes with it; --kill-child does the rest.
trap 'kill $(jobs -p) 2>/dev/null; exit 130' INT TERM HUP
run_lane "${beside[@]}" &
run_lane "${alone[@]}" &
wait

for name in "${names[@]}"; do
  read -r p f s _ <"$results/$name.sums" || { p=0 f=1 s=0; }
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done

# Without isolation the leftovers are on the machine itself. Only what appeared during the run is ours.
if [ "$isolated" = 0 ] && [ "$(id -u)" = 0 ]; then
  for netns in $(ls /run/netns 2>/dev/null | grep '^fab-t'); do
    if ! grep -qxF "$netns" <<<"$before"; then
      fail_check "the network namespace $netns was left behind; it is deleted now"
      ip netns delete "$netns"
    fi
  done
fi
finish
