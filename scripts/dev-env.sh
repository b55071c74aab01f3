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

fail() { # says what pip's words mean and what to do
  if grep -qiE 'no space left' "$LOG"; then
    say "error: the disk is full. Free about 1 GB and run this again."
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

  mkdir -p .cache
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
