#!/usr/bin/env bash
# Creates or refreshes the Python environment in .venv; instant when nothing has changed, resumes when interrupted.
# Usage: dev-env.sh [dev]     "dev" adds what tests and checks need
#
# Every package is checked against the hashes in requirements*.txt. $PYTHON names the interpreter to use.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

VENV=.venv
STAMP=$VENV/installed    # "<base or dev> <fingerprint>", written last
LOG=$PWD/.cache/pip.log
SCRATCH=${TMPDIR:-/tmp}  # where pip unpacks
# MB free that are asked for: .venv takes 400 with everything in it, a change of it some of that.
NEEDED_NEW=600
NEEDED_CHANGE=200
NEEDED_SCRATCH=200

say() {
  echo "$*" >&2
}

fingerprint() { # of all that decides what is in .venv; the editable install also contains this directory's path
  { pwd; cat requirements.txt requirements-dev.txt pyproject.toml "$0"; } | sha256sum | cut -d ' ' -f 1
}

current() { # current <base or dev> <fingerprint>: is .venv as it should be?
  local kind fingerprint
  [[ -x $VENV/bin/python && -r $STAMP ]] || return 1
  read -r kind fingerprint < "$STAMP" || return 1
  [[ $fingerprint == "$2" && ($kind == "$1" || $kind == dev) ]]
}

free_mb() { # free_mb <directory>: megabytes free on its disk; where nobody can tell it is no obstacle
  local kb
  kb=$(df -k --output=avail "$1" 2> /dev/null | tail -n 1) || kb=1000000000
  echo $((kb / 1000))
}

check_space() {
  local needed=$NEEDED_NEW free
  [[ ! -x $VENV/bin/python ]] || needed=$NEEDED_CHANGE
  free=$(free_mb .)
  if ((free < needed)); then
    say "error: only $free MB free on the disk of $PWD; the Python environment needs $needed MB."
    say "Free about 1 GB and run this again."
    exit 1
  fi
  free=$(free_mb "$SCRATCH")
  if ((free < NEEDED_SCRATCH)); then
    say "error: only $free MB free on the disk of $SCRATCH, where packages are unpacked; $NEEDED_SCRATCH MB are needed."
    say "Free some, or name a directory on another disk: TMPDIR=/path make up"
    exit 1
  fi
}

check_writable() {
  local reason
  if ! reason=$({ mkdir -p .cache && touch .cache/dev-env.lock "$LOG"; } 2>&1); then
    say "error: $PWD/.cache cannot be written: ${reason##*: }. Look at what is there, its owner and mode, then run this again."
    exit 1
  fi
}

create() {
  local python
  if [[ -x $VENV/bin/python ]] && "$VENV/bin/python" -m pip --version > /dev/null 2>&1; then
    return
  fi
  python=$(scripts/find-python.sh) || exit 1
  say "Creating the Python environment in $VENV with $python ..."
  "$python" -m venv --clear "$VENV" >> "$LOG" 2>&1 || fail
}

pip_install() {
  PIP_DISABLE_PIP_VERSION_CHECK=1 "$VENV/bin/python" -m pip install --no-input --progress-bar off "$@" >> "$LOG" 2>&1 || fail
}

fail() { # says what pip's words mean and what to do; on a full disk there may be none
  local left
  left=$(free_mb .)
  if ((left < 20)) || grep -qiE 'no space left|quota exceeded' "$LOG"; then
    say "error: the disk is full: $left MB are left in $PWD, $(free_mb "$SCRATCH") MB in $SCRATCH."
    say "Free about 1 GB and run this again."
  elif grep -qE 'DO NOT MATCH THE HASHES|THESE PACKAGES DO NOT' "$LOG"; then
    say "error: a downloaded package is not the one this project was tested with (its hash differs), so it was not installed."
    say "Behind a proxy that changes downloads, use another network; otherwise report it."
  elif grep -qE 'NewConnectionError|NameResolutionError|ConnectTimeoutError|ReadTimeoutError|ProxyError|SSLError|Network is unreachable|from versions: none' "$LOG"; then
    say "error: the Python packages could not be downloaded: no answer from the package index."
    say "Check the network (behind a proxy: export HTTPS_PROXY=http://host:port), then run this again: it goes on where it was."
  else
    say "error: the Python environment could not be made. The last words:"
    tail -n 5 "$LOG" >&2
  fi
  say "Everything that was said: $LOG"
  exit 1
}

main() {
  local kind=${1:-base} wanted
  [[ $kind == base || $kind == dev ]] || { say "usage: dev-env.sh [dev]"; exit 2; }
  wanted=$(fingerprint)
  ! current "$kind" "$wanted" || return 0

  check_space
  check_writable
  exec 9> .cache/dev-env.lock
  flock -n 9 || { say "Waiting for another run of dev-env.sh ..."; flock 9; }
  ! current "$kind" "$wanted" || return 0

  : > "$LOG"
  # An environment that has the tools keeps them.
  if [[ -r $STAMP && $(< "$STAMP") == dev* ]]; then kind=dev; fi
  local requirements=requirements.txt
  [[ $kind == base ]] || requirements="requirements-dev.txt"
  rm -f "$STAMP"
  create
  say "Installing $(grep -c '==' "$requirements") Python packages (the first time takes minutes) ..."
  # The lock names every package but fastecdsa, which nothing needs (src/debros/p2p/ecdsa_stub.py): hence --no-deps.
  pip_install --no-deps --require-hashes -r "$requirements"
  pip_install --no-deps -e .
  echo "$kind $wanted" > "$STAMP"
}

main "$@"
