#!/usr/bin/env bash
# Prints the first Python that can build and run this project: 3.11 to 3.13 with venv and pip.
# $PYTHON, when set, is the only candidate. Exits 1, saying what each candidate lacks, when there is none.
set -euo pipefail

CHECK='
import sys
from importlib.util import find_spec
version = sys.version_info[:2]
lacks = []
if not (3, 11) <= version <= (3, 13):
    lacks.append("a version from 3.11 to 3.13 (it is %d.%d)" % version)
if find_spec("venv") is None or find_spec("ensurepip") is None:
    lacks.append("venv")
if lacks:
    sys.exit("lacks " + ", ".join(lacks))
'

main() {
  local candidate path problem problems=""
  local -a candidates=(python3 python3.13 python3.12 python3.11 /usr/bin/python3)
  [[ -z ${PYTHON:-} ]] || candidates=("$PYTHON")
  for candidate in "${candidates[@]}"; do
    path=$(command -v "$candidate") || continue
    if problem=$("$path" -I -S -c "$CHECK" 2>&1); then
      echo "$path"
      return
    fi
    problems+="  $path ${problem##*$'\n'}"$'\n'
  done
  echo "No suitable Python (3.11 to 3.13 with venv) among: ${candidates[*]}" >&2
  printf '%s' "$problems" >&2
  return 1
}

main "$@"
