#!/usr/bin/env bash
# soak.sh SECONDS: runs the simulation over and over with seeds that were never tried, until the time is up.
#
#   FABRIC_SEEDS=200        seeds per scenario and round
#   FABRIC_FIRST_SEED=N     starts there instead of at a number made from the clock
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/step.sh

[[ ${1:-} =~ ^[0-9]+$ ]] || { echo 'usage: scripts/soak.sh SECONDS' >&2; exit 2; }
ends=$(($(now_ms) + $1 * 1000))
export FABRIC_SEEDS=${FABRIC_SEEDS:-200}
seed=${FABRIC_FIRST_SEED:-$(($(date +%s) * 1000))}

step 'building the simulation (Release)' dotnet build tests/Fabric.Simulation -c Release -v q --nologo || exit 1
rounds=0
while [ "$(now_ms)" -lt "$ends" ]; do
  export FABRIC_FIRST_SEED=$seed
  # A failure prints its seed, the fault rates drawn from it and the command that replays it.
  step "seeds $seed to $((seed + FABRIC_SEEDS - 1))" \
    dotnet test tests/Fabric.Simulation/bin/Release/net10.0/Fabric.Simulation.dll --logger 'console;verbosity=normal' || exit 1
  seed=$((seed + FABRIC_SEEDS))
  rounds=$((rounds + 1))
done
echo "$((rounds * FABRIC_SEEDS)) seeds per scenario, none failed"
