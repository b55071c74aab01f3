#!/usr/bin/env bash
# Checks what the operating system has to provide before `scripts/dev-env.sh` can work; silent when all is there.
# Usage: system-deps.sh [lint|browser|shells|hosts]
# "lint" also asks for shellcheck, "browser" for the browser of the sign-in page's tests, "shells" for those that
# network-cli's completion is tested in, "hosts" for what tests on real hosts need.
#
# What is missing is installed with apt-get (Debian, Ubuntu): by root at once, by others through sudo on a terminal.
# Everybody else is told the command.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

PACKAGES=()

need() { # need <packages> <check …>: remember the packages when the check fails
  local packages=$1
  shift
  "$@" > /dev/null 2>&1 || read -ra PACKAGES <<< "${PACKAGES[*]:-} $packages"
}

check() {
  PACKAGES=()
  need "python3 python3-venv" scripts/find-python.sh
  need "make" command -v make
  need "util-linux" command -v flock
  [[ ${1:-} != lint ]] || need "shellcheck" command -v shellcheck
  [[ ${1:-} != browser ]] || check_browser
  [[ ${1:-} != shells ]] || check_shells
  [[ ${1:-} != hosts ]] || check_hosts
  [[ ${#PACKAGES[@]} -eq 0 ]]
}

check_browser() { # Debian's packages; Ubuntu's of that name are snaps, which cannot be driven from here
  need "chromium" command -v chromium
  need "chromium-driver" command -v chromedriver
}

check_shells() {
  need "zsh" command -v zsh
  need "fish" command -v fish
}

check_hosts() { # what tests/hosts/bed uses, and what the playbooks' release is made with
  # The administrator's tools are not on everybody's PATH.
  local PATH=$PATH:/usr/sbin:/sbin
  need "debootstrap" command -v debootstrap
  need "debian-archive-keyring" test -e /usr/share/keyrings/debian-archive-keyring.gpg
  need "dpkg-dev" command -v dpkg-scanpackages
  need "e2fsprogs" command -v mkfs.ext4
  need "gpg" command -v gpg
  need "curl" command -v curl
  need "iproute2" command -v ip
  need "iptables" command -v iptables
  need "nftables" command -v nft
  need "openssh-client" command -v ssh-keygen
  need "slirp4netns" command -v slirp4netns
  need "systemd-container" command -v systemd-nspawn
}

say() {
  echo "$*" >&2
}

install() { # install <sudo or env>
  local log=.cache/apt.log reason
  if ! reason=$({ mkdir -p .cache && : > "$log"; } 2>&1); then
    say "error: $PWD/$log cannot be written: ${reason##*: }. Free some space, or look at its owner and mode; then run this again."
    return 1
  fi
  say "Installing with apt-get: ${PACKAGES[*]} ..."
  # Old package lists name files that are gone, so they are refreshed first; one broken foreign source is no obstacle yet.
  "$@" DEBIAN_FRONTEND=noninteractive apt-get update -qq > "$log" 2>&1 || true
  if ! "$@" DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${PACKAGES[@]}" >> "$log" 2>&1; then
    tail -n 5 "$log" >&2
    say "apt-get failed; all it said is in $PWD/$log"
    return 1
  fi
}

explain() {
  say "Missing: ${PACKAGES[*]}"
  if command -v apt-get > /dev/null; then
    say "Install them, then run this again:"
    say "  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${PACKAGES[*]}"
  else
    say "Those are Debian's names: Python 3.11 to 3.13 with venv, make, flock."
    say "Install this system's packages of them, then run this again."
  fi
}

main() {
  ! check "$@" || return 0
  # No package can mend an interpreter that was chosen by name.
  [[ -z ${PYTHON:-} ]] || scripts/find-python.sh > /dev/null || exit 1
  if ! command -v apt-get > /dev/null; then
    explain
    exit 1
  elif [[ $(id -u) -eq 0 ]]; then
    install env || exit 1
  elif command -v sudo > /dev/null && [[ -t 0 ]]; then
    say "Missing: ${PACKAGES[*]}. sudo may ask for your password."
    install sudo || exit 1
  else
    explain
    exit 1
  fi
  ! check "$@" || return 0
  say "Installed, but still not enough: ${PACKAGES[*]}"
  scripts/find-python.sh > /dev/null || say "Name another Python, for example: PYTHON=/path/to/python3.12 make up"
  exit 1
}

main "$@"
