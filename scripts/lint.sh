#!/usr/bin/env bash
# Checks the rules of the tree (tests/Fabric.Tidy). The compiler checks the rest: warnings are errors.
# Not dotnet format: it takes longer than the build and wants one element per line in every table of a test.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/step.sh

step 'building the rules' dotnet build tests/Fabric.Tidy -c Release -v q --nologo || exit 1
step 'checking the rules of the tree' \
  dotnet test tests/Fabric.Tidy/bin/Release/net10.0/Fabric.Tidy.dll --nologo --logger 'console;verbosity=normal'
