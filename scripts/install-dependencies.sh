#!/usr/bin/env bash
# Installs the Debian packages that building, testing and the demo need, and checks the .NET SDK.
#
#   scripts/install-dependencies.sh            installs what is missing; needs root only if something is
#   scripts/install-dependencies.sh --missing  prints the missing packages, one per line, and changes nothing
#
# No service is started: Fabric's tests run daemons of their own. Prints nothing when nothing is missing.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/step.sh

# An unprivileged user's PATH lacks the folders where half of these programs live.
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
export DEBIAN_FRONTEND=noninteractive

# package, then what of it is used: a program, a shared library (lib*.so.*) or a file.
needs='
openvswitch-switch        ovs-vswitchd
nftables                  nft
iptables                  iptables-nft
libnftables1              libnftables.so.1
iproute2                  ip
ethtool                   ethtool
iputils-ping              ping
procps                    sysctl
libsqlite3-0              libsqlite3.so.0
containernetworking-plugins /usr/lib/cni/host-local
containerd                containerd
runc                      runc
busybox-static            /bin/busybox
netcat-openbsd            nc
etcd-server               etcd
etcd-client               etcdctl
gcc                       gcc
binutils                  objcopy
libc6-dev                 /usr/include/stdlib.h
'

# grep reads to the end (no -q): ended early, it would fail ldconfig with SIGPIPE, and pipefail the whole line.
present() {
  case $1 in
    /*) [ -e "$1" ] ;;
    lib*.so*) ldconfig -p 2>/dev/null | grep "^[[:space:]]*$1 " >/dev/null ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
  esac
}

missing_packages() {
  local package thing
  while read -r package thing; do
    if [ -n "$package" ] && ! present "$thing"; then echo "$package"; fi
  done <<<"$needs"
}

# global.json names the oldest SDK that will do; dotnet itself judges whether one of the installed ones does.
check_sdk() {
  local wanted
  wanted=$(sed -n 's/.*"version": *"\([^"]*\)".*/\1/p' global.json)
  if ! command -v dotnet >/dev/null 2>&1; then
    echo "The .NET SDK is not installed, or dotnet is not in PATH; $wanted or a later ${wanted%.*}.x is needed." >&2
  elif ! dotnet --version >/dev/null 2>&1; then
    echo "The .NET SDK $wanted or a later ${wanted%.*}.x is needed (global.json); installed here:" >&2
    dotnet --list-sdks | sed 's/^/  /' >&2
  else
    return 0
  fi
  cat >&2 <<TEXT
Install it from https://dotnet.microsoft.com/download/dotnet/${wanted%.*}, or without root into ~/.dotnet:
  curl -fsSL https://dot.net/v1/dotnet-install.sh | bash -s -- --channel ${wanted%.*}
  export PATH="\$HOME/.dotnet:\$PATH"
TEXT
  return 1
}

policy=/usr/sbin/policy-rc.d
saved=$policy.before-fabric
mark='# Written by Fabric scripts/install-dependencies.sh for the time of an installation.'
guarding=0

# Debian starts a service when its package is installed unless policy-rc.d answers 101 (invoke-rc.d(8)). A policy that
# already says so for all of ours stays as it is.
guard_services() {
  if [ -e "$policy" ] && ! grep -qsF "$mark" "$policy"; then
    if denied openvswitch-switch && denied etcd && denied containerd; then return; fi
    mv "$policy" "$saved"
  fi
  guarding=1
  printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >"$policy"
  chmod 755 "$policy"
}

denied() {
  "$policy" "$1" start >/dev/null 2>&1
  [ $? = 101 ]
}

# Also clears up after an earlier run that was killed: the mark tells.
unguard_services() {
  if [ "$guarding" = 0 ]; then return; fi
  guarding=0
  rm -f "$policy"
  if [ -e "$saved" ]; then mv "$saved" "$policy"; fi
}

install_packages() {
  local package
  trap unguard_services EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  guard_services
  # A repository that is none of ours may be unreachable; the installation itself judges.
  step 'updating the package lists' apt-get update -q || echo 'going on with the package lists as they are'
  for package in "$@"; do
    # An earlier one may have brought it along.
    if ! missing_packages | grep -x "$package" >/dev/null; then continue; fi
    step "installing $package" apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=120 "$package" || return 1
  done
  unguard_services
  if [ ! -d /run/systemd/system ]; then return; fi
  if [[ " $* " == *' openvswitch-switch '* ]]; then
    echo 'Open vSwitch is not running, but will start at the next boot; systemctl disable openvswitch-switch keeps it off.'
  fi
  if [[ " $* " == *' etcd-server '* ]]; then
    echo 'etcd is not running, but will start at the next boot; systemctl disable etcd keeps it off.'
  fi
  if [[ " $* " == *' containerd '* ]]; then
    echo 'containerd is not running, but will start at the next boot; systemctl disable containerd keeps it off.'
  fi
}

mapfile -t missing < <(missing_packages)
if [ "${1:-}" = --missing ]; then
  if [ ${#missing[@]} -gt 0 ]; then printf '%s\n' "${missing[@]}"; fi
  exit 0
fi

if [ ${#missing[@]} -gt 0 ]; then
  if ! command -v apt-get >/dev/null 2>&1; then
    echo "Missing here, under the names of Debian's packages: ${missing[*]}" >&2
    echo 'This script installs with apt-get only; install them with your own package manager.' >&2
    exit 1
  fi
  if [ "$(id -u)" != 0 ]; then
    echo "Missing packages: ${missing[*]}" >&2
    echo 'Install them as root, with this command or with "make install-deps":' >&2
    echo "  sudo apt-get install -y --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  install_packages "${missing[@]}" || exit 1
  mapfile -t missing < <(missing_packages)
  if [ ${#missing[@]} -gt 0 ]; then
    echo "Installed, but what is used of them is still not found: ${missing[*]}" >&2
    exit 1
  fi
fi
check_sdk
