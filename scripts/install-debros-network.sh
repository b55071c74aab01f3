#!/usr/bin/env bash
# Makes this machine a host of DeBros Network, or removes it again.
#
#   curl -sSL https://github.com/DeBrosOfficial/network/releases/latest/download/install-debros-network.sh | sudo bash
#   sudo scripts/install-debros-network.sh [flags]          from a checkout: installs what the checkout contains
#
# It only has to begin: everything it does to the machine is done by the same Ansible roles that install a fleet. It can
# be interrupted anywhere and run again; a run that finds nothing to do changes and restarts nothing. The whole script is
# functions, called on its last line, so a download that breaks off runs nothing.
set -euo pipefail

# Written here when a bundle is made (python3 -m debros.release bundle): what to install and what it must hash to.
DEBROS_VERSION=""
DEBROS_SHA256SUMS=""

RELEASES=https://github.com/DeBrosOfficial/network/releases
TOP=${DEBROS_TEST_ROOT:-} # tests give the checks, the log and --uninstall a directory to take for /
ROOT=$TOP/opt/debros
ETC=$TOP/etc/debros
UNITS=$TOP/etc/systemd/system
CACHE=$TOP/var/cache/debros
LOG=$TOP/var/log/debros-install.log
LOCK=$TOP/run/debros-install.lock
WORDS=$TOP/run/debros-install.words # what a program has just said; in memory, since the disk may be full
PYTHON=/usr/bin/python3
declare -A PORTS=([node_port]=4001 [rqlite_http_port]=5001 [gateway_port]=6001 [rqlite_raft_port]=7001) # the roles' defaults
MEMORY_MB=900
DISK_MB=1000 # measured by tests/hosts; the same as the role common

ACTION=install
ANSWER=ask
DRY_RUN=no
PURGE=no
OFFLINE=""
WANTED=""
THIRD_PARTY=no
declare +x INVITE="" # never in the log, an argument or the environment of a program
JOINED=no # this host has the secrets of the invite's cluster already
NEIGHBOURS="" # name=address of every member, the newcomer not yet among them
WORK=""

usage() {
  cat <<'END'
Usage: install-debros-network.sh [flags]

  --yes                 do not ask (without a terminal nothing is asked anyway)
  --dry-run             show what would change, change nothing
  --version [VERSION]   alone: print this installer's version; with a value: install that version
  --offline BUNDLE      install from this file (`make bundle`), without a network
  --third-party-rqlite  accept a third-party build of rqlite; for trials, never for data that matters
  --join INVITE         join the cluster that `sudo network-cli invite` was run on; - reads the invite from standard input
  --uninstall           stop and remove services, programs and firewall rules; data, keys and configuration stay
  --purge               the same, and remove data, keys, configuration and the user as well
  --help                this text

DEBROS_RELEASE_URL    directory to download from instead of the project's releases
Exit status: 0 done (or nothing to do), 1 failed, 2 wrong usage. Log: /var/log/debros-install.log
END
}

# --- words ----------------------------------------------------------------------------------------------------------

note() { # into the log only
  # A full disk is told by what needs it, not by the log.
  [[ -z ${LOG_OPEN:-} ]] || { TZ=UTC0 printf '%(%FT%TZ)T %s\n' -1 "$*" >> "$LOG"; } 2> /dev/null || true
}

say() {
  printf '%s\n' "$*"
  note "$*"
}

fail() { # fail <what is wrong> [what to do …]
  local line full
  FAILED=yes
  printf 'error: %s\n' "$1" >&2
  note "error: $1"
  shift
  full=$(full_disks)
  [[ -z $full ]] || set -- "No space left on the disk of ${full//$'\n'/, }: free some (df -h shows where)." "$@"
  for line in "$@"; do
    printf '  %s\n' "$line" >&2
    note "  $line"
  done
  exit 1
}

full_disks() { # the mount points of ours with less than 8 MB left
  df --output=avail,target -m "$TOP"/{opt,etc,var,var/tmp} 2> /dev/null | awk 'NR > 1 && $1 < 8 { print $2 }' | sort -u || true
}

misuse() {
  printf 'error: %s\n\n' "$1" >&2
  usage >&2
  exit 2
}

quietly() { # quietly <what fails, in words> <command …>: output goes to the log, and its end is shown when it fails
  local what=$1 good=yes
  shift
  note "+ $*"
  "$@" > "$WORDS" 2>&1 9>&- || good=no
  [[ -z ${LOG_OPEN:-} ]] || cat "$WORDS" >> "$LOG" 2> /dev/null || true
  if [[ $good == no ]]; then
    tail -n 8 "$WORDS" | sed 's/^error: //; s/^/  /' >&2
    fail "$what failed; the lines above are its last words" "$(again)"
  fi
}

again() {
  if [[ $DRY_RUN == yes ]]; then echo "Nothing was changed."; else echo "Nothing is lost: mend the cause and run the same command again."; fi
}

# --- what was asked -------------------------------------------------------------------------------------------------

parse() {
  while [[ $# -gt 0 ]]; do
    case $1 in
      --yes | -y) ANSWER=yes ;;
      --dry-run) DRY_RUN=yes ;;
      --version)
        if [[ $# -gt 1 && $2 != -* ]]; then WANTED=$2; shift; else ACTION=version; fi
        ;;
      --offline)
        [[ $# -gt 1 && -n $2 && $2 != --* ]] || misuse "--offline needs the path of a bundle"
        OFFLINE=$2
        shift
        ;;
      --join)
        [[ $# -gt 1 && -n $2 && $2 != --* ]] || misuse "--join needs an invite"
        INVITE=$2
        shift
        ;;
      --third-party-rqlite) THIRD_PARTY=yes ;;
      --uninstall) ACTION=uninstall ;;
      --purge) ACTION=uninstall PURGE=yes ;;
      --help | -h) ACTION=help ;;
      *) misuse "unknown flag $1" ;;
    esac
    shift
  done
  [[ -z $WANTED || $WANTED =~ ^[0-9]+(\.[0-9A-Za-z]+)+$ ]] || misuse "--version $WANTED: expected something like 1.2.0"
  [[ -z $WANTED || -z $OFFLINE ]] || misuse "--version and --offline exclude each other: a bundle has its own version"
  [[ -z $INVITE || $ACTION != uninstall ]] || misuse "--join and --uninstall or --purge exclude each other"
  [[ -z $INVITE || $ACTION != install ]] || read_invite
}

read_invite() {
  if [[ $INVITE == - ]]; then
    [[ -f ${BASH_SOURCE[0]:-} ]] || misuse "--join - reads standard input, which this script came through: save it as a file first"
    [[ ! -t 0 ]] || printf 'Invite: ' >&2
    IFS= read -r INVITE || [[ -n $INVITE ]] || misuse "--join -: there was no invite on standard input"
    INVITE=${INVITE//[[:space:]]/}
  fi
  [[ $INVITE =~ ^debros1-[A-Za-z0-9_=-]{16,2048}$ ]] ||
    misuse "--join: that is no invite, which begins with debros1-; copy it whole, in one piece"
}

# --- is this a machine we know? -------------------------------------------------------------------------------------

check_root() {
  [[ $(id -u) -eq 0 ]] || fail "this needs root" "Use sudo: curl -sSL … | sudo bash, or sudo $0"
}

os_fact() { # os_fact <NAME>: its value in os-release
  sed -n "s/^$1=//p" "$TOP/etc/os-release" 2> /dev/null | head -n 1 | tr -d "\"'"
}

check_system() {
  local id version name
  id=$(os_fact ID)
  version=$(os_fact VERSION_ID)
  name=$(os_fact PRETTY_NAME)
  case $id-$version in
    debian-12 | debian-13 | ubuntu-24.04 | ubuntu-24.10 | ubuntu-2[5-9].*) ;;
    *)
      fail "this system is ${name:-unknown (no $TOP/etc/os-release)}; supported are Debian 12, Debian 13 and Ubuntu 24.04 or newer" \
        "For development on any Linux: make up"
      ;;
  esac
  if [[ $(cat "$TOP/proc/1/comm" 2> /dev/null) != systemd || ! -d $TOP/run/systemd/system ]]; then
    fail "systemd is not this machine's first process (PID 1), so nothing here can be kept running" \
      "In a container or on a machine without systemd, use a checkout of the project: make up"
  fi
}

check_machine() {
  local memory free wanted=$DISK_MB
  case $(uname -m) in
    x86_64 | aarch64) ;;
    *) fail "this machine is $(uname -m); supported are x86_64 and aarch64" ;;
  esac
  memory=$(awk '/^MemTotal:/ { print int($2 / 1024) }' "$TOP/proc/meminfo")
  [[ $memory -ge $MEMORY_MB ]] || fail "this machine has $memory MB of memory; $MEMORY_MB MB are needed"
  if [[ ! -e $ROOT/src/current ]]; then
    free=$(df --output=avail -m /opt | tail -n 1)
    # An earlier run may have unpacked the release, which is most of it.
    ! compgen -G "$ROOT/src/*/.complete" > /dev/null || wanted=$((DISK_MB / 4))
    [[ $free -ge $wanted ]] || fail "/opt has $((free)) MB left; $wanted MB are needed" "Free some space and run this again."
  fi
}

check_python() {
  if [[ ! -x $PYTHON ]]; then
    [[ $DRY_RUN == no && -z $OFFLINE ]] || fail "$PYTHON is missing" "Install it: apt-get install -y python3"
    say "Installing python3 ..."
    quietly "apt-get update" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    quietly "the installation of python3" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3
  fi
  "$PYTHON" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' ||
    fail "$PYTHON is $("$PYTHON" --version 2>&1); Python 3.11, 3.12 or 3.13 is needed"
}

port() { # port <variable>: the port it stands for, as the inventory says, else the usual one
  local given
  given=$(stated "$1")
  [[ $given =~ ^[0-9]+$ ]] || given=${PORTS[$1]}
  echo "$given"
}

check_ports() { # every port is free, or one of our own services listens there
  local name taken wanted=()
  for name in "${!PORTS[@]}"; do wanted+=("$(port "$name")"); done
  taken=$("$PYTHON" - "$TOP" "${wanted[@]}" <<'END'
import os, pathlib, sys

top, wanted = pathlib.Path(sys.argv[1] or "/"), set(map(int, sys.argv[2:]))
listening = {}
for table in ("tcp", "tcp6"):
    try:
        rows = (top / "proc/net" / table).read_text().splitlines()[1:]
    except OSError:
        continue
    for row in map(str.split, rows):
        if row[3] == "0A":  # LISTEN
            port = int(row[1].rpartition(":")[2], 16)
            listening |= {f"socket:[{row[9]}]": port} if port in wanted else {}
holders = {}
for link in (top / "proc").glob("[0-9]*/fd/*") if listening else ():
    try:
        port = listening.get(os.readlink(link))
    except OSError:
        continue
    if port is not None:
        holders.setdefault(port, set()).add(link.parent.parent)
# systemd itself holds the socket of the gateway.
units = (top / "etc/systemd/system/debros-gateway.socket").exists()
for port, pids in sorted(holders.items()):
    for pid in sorted(pids):
        try:
            name, group = (pid / "comm").read_text().strip(), (pid / "cgroup").read_text()
        except OSError:
            continue
        if "/debros-" not in group and not (pid.name == "1" and units):
            print(f"port {port} is taken by {name} (process {pid.name})")
for port in sorted(set(listening.values()) - holders.keys()):
    print(f"port {port} is taken by a process that cannot be seen from here")
END
  ) || fail "the ports in use could not be read from /proc/net"
  [[ -z $taken ]] || fail "${taken//$'\n'/; }" "Stop it, or give it another port, and run this again." \
    "Or let DeBros Network use another one: gateway_port, node_port, … in $ETC/inventory/hosts.yml (docs/install.md)."
}

check_unfinished() { # a host that is about to join must not make a cluster of its own
  [[ -n $INVITE || ! -e $ETC/joining ]] ||
    fail "this machine was about to join a cluster, and was interrupted" \
      "Run the command with --join again (when the invite has expired, with a new one), or begin anew with --purge."
}

# --- getting the release --------------------------------------------------------------------------------------------

checkout() { # the checkout or unpacked release this script lies in; nothing when it came through a pipe
  local directory
  [[ -z $DEBROS_VERSION && -f ${BASH_SOURCE[0]:-} ]] || return 0
  directory=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
  [[ ${directory##*/} == scripts && -d ${directory%/*}/src/debros/release ]] || return 0
  echo "${directory%/*}"
}

download() { # download <address> <file>
  note "+ download $1"
  if command -v curl > /dev/null; then
    curl -fsSL --retry 2 --connect-timeout 15 -o "$2" "$1" 9>&- 2> "$WORDS"
  elif command -v wget > /dev/null; then
    wget -q --tries 3 --timeout 30 -O "$2" "$1" 9>&- 2> "$WORDS"
  else
    fail "neither curl nor wget is installed" "Install one: apt-get install -y curl"
  fi || fail "$1 could not be downloaded: $(tail -n 1 "$WORDS")" \
    "Check the network (behind a proxy: export https_proxy=http://host:port), or carry a bundle here: --offline BUNDLE"
}

sha256_of() {
  sha256sum "$1" | cut -d ' ' -f 1
}

get_release() { # sets BUNDLE and SHA256
  local source
  source=$(checkout)
  if [[ -n $OFFLINE ]]; then
    take_bundle
  elif [[ -n $source && -z $WANTED ]]; then
    build_release "$source"
  else
    download_release
  fi
}

take_bundle() {
  local sums=$DEBROS_SHA256SUMS where="this installer"
  [[ -f $OFFLINE && -r $OFFLINE ]] || fail "$OFFLINE: no such file"
  BUNDLE=$(realpath "$OFFLINE")
  SHA256=$(sha256_of "$BUNDLE")
  if [[ -z $sums && -r $(dirname "$BUNDLE")/SHA256SUMS ]]; then
    where=$(dirname "$BUNDLE")/SHA256SUMS
    sums=$(< "$where")
  fi
  if [[ -z $sums ]]; then
    say "No checksum was given for $BUNDLE; it is only checked against itself. Its SHA-256 is $SHA256"
  elif [[ $sums != *$SHA256* ]]; then
    fail "$BUNDLE is not the bundle that $where names: its SHA-256 is $SHA256" \
      "Copy it again, or use the installer that was made with it."
  fi
}

build_release() { # build_release <checkout>
  local answer flags=()
  [[ $THIRD_PARTY == no ]] || flags+=(--third-party)
  if ! "$PYTHON" -c 'import importlib.util as u, sys; sys.exit(not (u.find_spec("pip") or u.find_spec("ensurepip")))'; then
    [[ $DRY_RUN == no ]] || fail "building a release needs pip" "Install it: apt-get install -y --no-install-recommends python3-venv"
    say "Installing python3-venv, to build the release with ..."
    quietly "apt-get update" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    quietly "the installation of python3-venv" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv
  fi
  say "Building the release from $1 (the first time takes a minute) ..."
  [[ $DRY_RUN == yes ]] || mkdir -p "$CACHE"
  # Nothing is written into the checkout: it may be another user's.
  if ! answer=$(cd / && XDG_CACHE_HOME="$STORE/cache" PYTHONPATH="$1/src" PYTHONDONTWRITEBYTECODE=1 \
    "$PYTHON" -m debros.release build --root "$1" --out "$STORE" --json "${flags[@]}" 2> "$WORDS" 9>&-); then
    sed 's/^/  /' "$WORDS" >&2
    fail "the release could not be built" "$(again)" "A bundle made elsewhere can be used instead: --offline BUNDLE"
  fi
  BUNDLE=$(field path <<< "$answer")
  SHA256=$(field sha256 <<< "$answer")
}

field() { # field <name>: a member of the JSON object on stdin
  "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"
}

download_release() {
  local base sums name suffix=""
  base=${DEBROS_RELEASE_URL:-}
  base=${base%/}
  [[ $(uname -m) == x86_64 ]] || suffix=-$(uname -m)
  if [[ -n $DEBROS_SHA256SUMS && (-z $WANTED || $WANTED == "$DEBROS_VERSION") ]]; then
    sums=$DEBROS_SHA256SUMS
    base=${base:-$RELEASES/download/v$DEBROS_VERSION}
  else
    [[ -n $base || -z $WANTED ]] || base=$RELEASES/download/v$WANTED
    base=${base:-$RELEASES/latest/download}
    # Here the checksum comes from the same place as the file, so that place has to prove who it is.
    [[ $base == https://* ]] || fail "$base is not https, and this installer carries no checksum of its own" \
      "Use the installer that was published beside the bundle."
    say "This installer carries no checksum of its own; it is taken from $base over TLS."
    download "$base/SHA256SUMS" "$WORK/SHA256SUMS"
    sums=$(< "$WORK/SHA256SUMS")
  fi
  [[ $base == https://* || $base == http://* ]] || fail "DEBROS_RELEASE_URL=$base: expected https://…"
  read -r SHA256 name < <(grep -E "^[0-9a-f]{64}  debros-bundle-[0-9A-Za-z.]+-[0-9a-f]{12}$suffix\.tar\.gz$" <<< "$sums") ||
    fail "there is no bundle for $(uname -m) in the list of checksums"
  [[ -z $WANTED || $name == debros-bundle-"$WANTED"-* ]] || fail "$base has ${name}, not version $WANTED"
  [[ $DRY_RUN == yes ]] || mkdir -p "$CACHE"
  BUNDLE=$STORE/$name
  if [[ ! -f $BUNDLE || $(sha256_of "$BUNDLE") != "$SHA256" ]]; then
    say "Downloading $name (about 100 MB) ..."
    download "$base/$name" "$BUNDLE.partial"
    [[ $(sha256_of "$BUNDLE.partial") == "$SHA256" ]] ||
      fail "$base/$name has SHA-256 $(sha256_of "$BUNDLE.partial"), expected $SHA256; it was not used" "Run this again; if it stays so, report it."
    find "$STORE" -maxdepth 1 -name 'debros-bundle-*.tar.gz' -delete
    mv "$BUNDLE.partial" "$BUNDLE"
  fi
}

check_bundle() { # sets ID and RQLITE; what the bundle says about itself has to fit
  local about
  # Its files stand in order. Who joins needs our programs before anything is unpacked; they need no other package.
  "$PYTHON" - "$BUNDLE" "$WORK" "${INVITE:+src/debros/}" <<'END' 2> "$WORDS" || fail "$BUNDLE is not a release, or damaged" "Copy or download it again."
import pathlib, sys, tarfile

work, programs = pathlib.Path(sys.argv[2]), sys.argv[3]
wanted = {"release.json", "src/debros/release/unpack.py"}
with tarfile.open(sys.argv[1], "r:gz") as tar:
    for member in tar:
        if member.name in wanted:
            (work / member.name.rpartition("/")[2]).write_bytes(tar.extractfile(member).read())
            wanted.discard(member.name)
        ours = programs and member.name.startswith(programs)
        if ours and member.isreg() and ".." not in member.name.split("/"):
            (work / member.name).parent.mkdir(parents=True, exist_ok=True)
            (work / member.name).write_bytes(tar.extractfile(member).read())
        if not wanted and (not programs or not ours and member.name > programs):
            break
sys.exit(bool(wanted))
END
  ID=$(field id < "$WORK/release.json")
  about=$("$PYTHON" -c 'import json, sys; rqlite = json.load(sys.stdin)["rqlite"]; print(rqlite["version"], rqlite["note"])' < "$WORK/release.json")
  RQLITE=${about%% *}
  if [[ ${about#* } == *"local clusters and tests only"* && $THIRD_PARTY == no ]]; then
    fail "the release contains rqlite $RQLITE, which is not fit for data that matters" "For a trial, say --third-party-rqlite."
  fi
}

# --- joining --------------------------------------------------------------------------------------------------------

enrol() { # enrol <command …>: the newcomer's half of an invite, out of the bundle; the invite goes over standard input
  note "+ debros.enrol.join $*"
  PYTHONPATH=$WORK/src PYTHONDONTWRITEBYTECODE=1 "$PYTHON" -m debros.enrol.join "$@" <<< "$INVITE" 2> "$WORDS" 9>&-
}

fail_as_said() { # with the words of the program that failed
  local words=()
  mapfile -t words < <(sed 's/^error: //; s/^ *//' "$WORDS")
  [[ ${#words[@]} -gt 0 ]] || words=("the invite could not be used, and nothing says why" "Please report this.")
  fail "${words[@]}"
}

check_invite() { # sets JOINED, NEIGHBOURS, NAME and ADDRESS; nothing is spent, and nothing changed here
  local answer version rqlite known=(--secrets "$ETC/secrets")
  if [[ $DRY_RUN == yes ]]; then # nobody is asked
    [[ ! -e $ETC/inventory/members.yml || -e $ETC/joining ]] || JOINED=yes
    return 0
  fi
  # With the last of the secrets this host needs nobody any more. Before that, an invite may be bound to it already.
  [[ -e $ETC/secrets/ca.key ]] || known+=(--state "$ETC/joining")
  answer=$(enrol check "${known[@]}") || fail_as_said
  if [[ $(field joined <<< "$answer") == True ]]; then
    JOINED=yes NAME=$(own_name) ADDRESS=$(own_address)
    return 0
  fi
  if [[ -e $ROOT/keys/raft-ca.crt || -n $(ls -A "$ROOT/data/db" 2> /dev/null) ]]; then
    fail "this machine belongs to a cluster already, or holds the data of one ($ROOT/data/db)" \
      "Save what is needed; then remove it with --purge, and join."
  fi
  NEIGHBOURS=$("$PYTHON" -c 'import json, sys; print(*("%s=%s" % (m["name"], m["address"]) for m in json.load(sys.stdin)["members"]))' <<< "$answer")
  read -r version rqlite < <("$PYTHON" -c 'import json, sys; r = json.load(sys.stdin)["release"]; print(r["version"], r["rqlite"])' <<< "$answer")
  [[ $version == "${ID%-*}" ]] ||
    fail "the cluster runs DeBros Network $version, and this would install ${ID%-*}" \
      "Install the cluster's: --version $version, or its bundle with --offline. The invite was not spent."
  [[ $rqlite == "$RQLITE" ]] ||
    fail "the cluster's database is rqlite $rqlite, and this release brings $RQLITE" \
      "Install the release that the other hosts were installed with. The invite was not spent."
  NAME=$(own_name)
  ADDRESS=$(stated debros_address)
  # The way to another member shows which of several addresses is meant.
  [[ -n $ADDRESS ]] || ADDRESS=$(own_address "$(sed 's/^[^=]*=//; s/ .*//' <<< "$NEIGHBOURS")")
  enrol check "${known[@]}" --name "$NAME" --address "$ADDRESS" --version "${ID%-*}" > "$WORK/answer" || fail_as_said
}

neighbours() { # the others' names, as one reads them
  local names
  names=$(sed 's/=[^ ]*//g; s/ /, /g' <<< "$NEIGHBOURS")
  echo "${names:-the invite}"
}

join_cluster() {
  if [[ $JOINED == yes && ! -e $ETC/joining ]]; then return 0; fi
  if [[ $DRY_RUN == yes ]]; then
    would_do "ask the host that made the invite, and get the cluster's secrets and members from it"
    return 0
  fi
  say "Joining the cluster of $(neighbours) as $NAME at $ADDRESS ..."
  enrol join --name "$NAME" --address "$ADDRESS" --version "${ID%-*}" \
    --secrets "$ETC/secrets" --inventory "$ETC/inventory" --state "$ETC/joining" > "$WORK/answer" || fail_as_said
  rm -f -- "$ETC/joining"
}

announce() { # adds to CHANGED; the others learn how to find this host's node
  local answer
  [[ -e $ETC/inventory/members.yml ]] || return 0
  note "+ debros-host members announce"
  answer=$("$ROOT/bin/debros-host" members announce --json 2> "$WORDS" 9>&-) || {
    sed 's/^error: //; s/^/  /' "$WORDS" >&2
    fail "the other hosts could not be told of this one" "$(again)"
  }
  [[ $(field changed <<< "$answer") != True ]] || CHANGED=$((CHANGED + 1))
}

member_names() { # of all members this host knows, one a line
  [[ ! -e $ETC/inventory/members.yml ]] ||
    tr -d "'\"" < "$ETC/inventory/members.yml" | sed -n 's/^    \([A-Za-z0-9][A-Za-z0-9-]*\): *$/\1/p'
}

member_address() { # member_address <name>: the one the other members know
  [[ ! -e $ETC/inventory/members.yml ]] ||
    tr -d "'\"" < "$ETC/inventory/members.yml" |
    awk -v name="$1:" '/^    [^ ]/ { here = $1 == name } here && $1 == "debros_address:" { print $2; exit }'
}

# --- installing -----------------------------------------------------------------------------------------------------

place_release() { # sets RELEASE, the unpacked release with an environment for Ansible; adds to CHANGED
  local into=$ROOT/src
  if ! is_placed; then
    if [[ $DRY_RUN == yes ]]; then
      into=$WORK/src
      would_do "unpack release $ID into $ROOT/src"
    else
      say "Unpacking release $ID ..."
      CHANGED=$((CHANGED + 1))
    fi
  fi
  quietly "unpacking the release" "$PYTHON" "$WORK/unpack.py" "$BUNDLE" --into "$into" --sha256 "$SHA256" --deploy
  RELEASE=$into/$ID
}

is_placed() {
  "$PYTHON" "$WORK/unpack.py" "$BUNDLE" --into "$ROOT/src" --deploy --check 2> /dev/null | grep -q '"changed": false'
}

would_do() { # would_do <what>: in a dry run, one thing that a real run would do before the roles
  say "  $1"
  CHANGED=$((CHANGED + 1))
}

install_debs() { # what the bundle brings for this distribution, as far as it is missing; adds to CHANGED
  local directory deb name missing=()
  directory=$RELEASE/debs/$(os_fact ID)-$(os_fact VERSION_ID)
  for deb in "$directory"/*.deb; do
    [[ -f $deb ]] || continue
    name=$(dpkg-deb --field "$deb" Package)
    [[ $(dpkg-query --show --showformat '${db:Status-Status}' "$name" 2> /dev/null) == installed ]] || missing+=("$deb")
  done
  if [[ ${#missing[@]} -gt 0 && $DRY_RUN == yes ]]; then
    would_do "install $(basename -a "${missing[@]}" | tr '\n' ' ')"
  elif [[ ${#missing[@]} -gt 0 ]]; then
    CHANGED=$((CHANGED + 1))
    say "Installing packages of the bundle: $(basename -a "${missing[@]}" | tr '\n' ' ')"
    quietly "dpkg" env DEBIAN_FRONTEND=noninteractive dpkg --install --force-confold "${missing[@]}"
  elif [[ -n $OFFLINE && ! -d $directory ]]; then
    say "The bundle has no packages for $(os_fact PRETTY_NAME); what is missing here will be asked of its own package sources."
  fi
}

own_address() { # own_address [whom]: the address others reach this machine by; the one on the way to another machine
  local address
  address=$(ip route get "${1:-192.0.2.1}" 2> /dev/null | sed -n 's/.* src \([0-9a-fA-F.:]*\).*/\1/p')
  [[ -n $address ]] || address=$(ip -4 -o address show scope global 2> /dev/null | awk '{ sub("/.*", "", $4); print $4; exit }')
  echo "${address:-127.0.0.1}"
}

own_name() { # this host's name in the inventory; before there is one, the machine's
  local name=""
  if [[ -f $ETC/inventory/hosts.yml ]]; then
    name=$(awk '/^ *hosts: *$/ { found = 1; next } found && /^ *[A-Za-z0-9]/ { sub(/:.*/, ""); gsub(/ /, ""); print; exit }' "$ETC/inventory/hosts.yml")
  fi
  [[ -n $name ]] || name=$(hostname -s 2> /dev/null || cat /proc/sys/kernel/hostname)
  [[ $name =~ ^[A-Za-z0-9][A-Za-z0-9-]{0,62}$ ]] || name=host1
  echo "$name"
}

stated() { # stated <variable>: what the inventory says it is on this host, if anything
  [[ ! -f $ETC/inventory/hosts.yml ]] ||
    sed -n "s/^ *$1: *[\"']\{0,1\}\([^\"'# ]*\).*/\1/p" "$ETC/inventory/hosts.yml" | head -n 1
}

write_inventory() { # sets INVENTORY, the arguments for Ansible; a file that is there is the operator's and stays
  local name text hosts=$ETC/inventory/hosts.yml address=""
  name=$(own_name)
  # Written by debros-members.service: who belongs to the cluster. Each host looks after itself.
  INVENTORY=(-i "$hosts")
  [[ ! -e $ETC/inventory/members.yml ]] || INVENTORY+=(-i "$ETC/inventory/members.yml" --limit "$name")
  [[ ! -f $hosts ]] || return 0
  # A host that has joined is known to the others by this address.
  address=$(member_address "$name")
  text="# This host, as the installer found it. The installer's next run uses what stands here, so it may be edited.
debros:
  hosts:
    $name:
      ansible_connection: local
      ansible_python_interpreter: $PYTHON
      # Everything runs as root already; a bare system has no sudo.
      ansible_become_method: ansible.builtin.su
      # How other hosts and clients reach this one.
      debros_address: ${address:-$(own_address)}
  vars:
    debros_secrets_dir: $ETC/secrets"
  if [[ $DRY_RUN == yes ]]; then
    would_do "write $hosts"
    hosts=$WORK/hosts.yml INVENTORY[1]=$WORK/hosts.yml
  else
    quietly "making $ETC" install -d -m 0755 "$ETC" "$ETC/inventory"
    quietly "making $ETC/secrets" install -d -m 0700 "$ETC/secrets"
  fi
  { printf '%s\n' "$text" > "$hosts.new" && mv "$hosts.new" "$hosts"; } || fail "$hosts cannot be written" "$(again)"
}

back_up() { # before another release takes over; who runs this again within the hour has one
  [[ -L $ROOT/src/current && $(basename "$(readlink "$ROOT/src/current")") != "$ID" ]] || return 0
  # A host whose database is down is to be mended, not kept from it.
  systemctl is-active --quiet debros-rqlite.service || return 0
  if [[ $DRY_RUN == yes ]]; then
    would_do "take a backup, since another release runs here"
  else
    say "Taking a backup before release $ID takes over ..."
    quietly "the backup before the upgrade" "$ROOT/bin/debros-host" backup --if-older-than 1h
  fi
}

run_roles() { # adds to CHANGED
  local line task="" shown="" status=1 flags=() show=no
  if [[ $DRY_RUN == yes ]]; then flags+=(--check); else say "Running the roles (about a minute) ..."; fi
  if [[ $DRY_RUN == no && -n $INVITE && ! -e $ROOT/data/db/raft.db ]]; then
    say "The other hosts let this one in through their firewalls, each by itself; its database tries until they have."
  fi
  note "+ ansible-playbook site.yml"
  : > "$WORDS"
  # Ansible's own files go into the working directory, nothing it needs is taken from the environment, and its modules
  # write no lines of their own into the journal (long ones, and the log says what was done). It keeps the lock
  # (descriptor 9): should this script be killed, the next run waits until the roles have really ended.
  while IFS= read -r line; do
    note "$line"
    case $line in
      "exit status "*) status=${line#exit status } ;;
      "TASK ["*) task=${line#TASK [} task=${task%%]*} task=${task#debros.network.} ;;
      changed:*)
        [[ $task == "$shown" ]] || say "  $task"
        shown=$task
        ;;
      # Ansible says an error at length and then, where a host failed, once more in short.
      fatal:*) show=yes; : > "$WORDS" ;;
      "ERROR"* | "[ERROR]"*) show=yes ;;
      "PLAY RECAP"* | "Traceback "*) show=no ;; # where Ansible itself stumbles, its trace is for the log
    esac
    if [[ $show == yes ]]; then printf '%s\n' "$line" >> "$WORDS"; fi
    if [[ $line =~ changed=([0-9]+) ]]; then CHANGED=$((CHANGED + BASH_REMATCH[1])); fi
  done < <(
    cd "$RELEASE" && env -i PATH="$RELEASE/ansible-venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
      HOME=/root LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 ANSIBLE_CONFIG="$RELEASE/ansible.cfg" ANSIBLE_HOME="$WORK/ansible" \
      ANSIBLE_LOCAL_TEMP="$WORK/ansible/tmp" ANSIBLE_REMOTE_TEMP="$WORK/ansible/remote" ANSIBLE_NOCOLOR=1 ANSIBLE_NO_TARGET_SYSLOG=1 \
      ${https_proxy:+https_proxy="$https_proxy"} ${http_proxy:+http_proxy="$http_proxy"} \
      "$RELEASE/ansible-venv/bin/ansible-playbook" site.yml "${INVENTORY[@]}" \
      -e "@$WORK/installer.json" -e "@$WORK/variables.json" "${flags[@]}" 2>&1 &&
      echo "exit status 0"
  )
  if [[ $status != 0 ]]; then
    sed 's/^/  /' "$WORDS" >&2
    if [[ -n $INVITE && $task == rqlite* ]]; then
      fail "the roles stopped at: $task" "The other hosts let this one in by themselves: see journalctl -u debros-members on them." \
        "A firewall between the hosts (the provider's) has to let 7001/tcp and 4001/tcp pass." "$(again)"
    fi
    fail "the roles stopped at: ${task:-the beginning}" "$(again)"
  fi
}

write_variables() { # what is so on this host whoever runs the roles (debros-members.service does, too), and what is so now
  "$PYTHON" - "$ETC" "$WORK" "$BUNDLE" "$THIRD_PARTY" "${INVITE:+yes}" <<'END' || fail "$WORK/variables.json cannot be written" "$(again)"
import json, pathlib, sys

etc, work, invited = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[5] == "yes"
try:
    before = json.loads((etc / "installer.json").read_text())
except (OSError, ValueError):
    before = {}
# Settled by the first run. A list of members that was there before it came with an invite.
joins = before.get("debros_joins", invited or (etc / "inventory/members.yml").exists())
lasting = {"debros_self_managed": True, "debros_joins": joins, "rqlite_third_party": sys.argv[4] == "yes"}
# The other hosts have to run their roles before a newcomer is let in; seconds.
now = {"debros_release_file": sys.argv[3], **({"rqlite_ready_timeout": 600} if invited else {})}
(work / "installer.json").write_text(json.dumps(lasting, indent=1) + "\n")
(work / "variables.json").write_text(json.dumps(now))
END
  if ! cmp -s "$WORK/installer.json" "$ETC/installer.json"; then
    if [[ $DRY_RUN == yes ]]; then
      would_do "write $ETC/installer.json"
    else
      quietly "writing $ETC/installer.json" install -m 0644 "$WORK/installer.json" "$ETC/installer.json.new"
      mv "$ETC/installer.json.new" "$ETC/installer.json"
    fi
  fi
}

wait_until_healthy() {
  quietly "waiting for the services" "$ROOT/bin/debros-host" wait-ready --timeout 120
  quietly "the check of this host" "$ROOT/bin/debros-host" check
}

plan() {
  cat <<END
DeBros Network ${ID%-*} will be installed on this machine ($(os_fact PRETTY_NAME), $(uname -m)):
  user debros, programs and data in $ROOT, settings and secrets in $ETC
  services debros-rqlite, debros-node and debros-gateway, started now and at every boot
  firewall (UFW) on: SSH, $(port node_port) and $(port gateway_port) open, $(port rqlite_raft_port) for the cluster's hosts, $(port rqlite_http_port) closed
END
  [[ -z $INVITE || $JOINED == yes ]] || echo "It joins the cluster of $(neighbours), and gets all of that cluster's secrets."
}

confirm() { # confirm <question>
  local answer
  [[ $ANSWER == ask && $INTERACTIVE == yes ]] || return 0
  read -r -p "$1 [y/N] " answer < /dev/tty || answer=n
  [[ $answer == [yY] || $answer == [yY]es ]] || { say "Nothing was done."; exit 0; }
}

in_url() { # in_url <address>: IPv6 stands in brackets there
  if [[ $1 == *:* ]]; then echo "[$1]"; else echo "$1"; fi
}

summary() {
  local address members scheme=http
  address=$(stated debros_address)
  [[ -z $(stated gateway_tls_certificate_file) ]] || scheme=https
  members=$(member_names | paste -sd , | sed 's/,/, /g')
  if [[ $CHANGED == 0 ]]; then
    say "Nothing to do: release $ID runs and everything is as it should be."
  else
    say "DeBros Network ${ID%-*} runs on this host."
  fi
  [[ $members != *,* ]] || say "Its cluster: $members."
  cat <<END

  HTTP and WebSocket   $scheme://$(in_url "${address:-127.0.0.1}"):$(port gateway_port)
  peers (libp2p)       $(in_url "${address:-127.0.0.1}"):$(port node_port)
  database             127.0.0.1:$(port rqlite_http_port), for this host only

Next:
  sudo cat $ETC/secrets/api-keys    a key for the gateway (up to the colon) and its namespace
  network-cli status                       what the network says
  sudo debros-host check                   what this host says
  sudo journalctl -fu debros-gateway       the gateway's words
END
}

install_host() {
  check_system
  check_machine
  check_python
  check_ports
  check_unfinished
  STORE=$CACHE
  [[ $DRY_RUN == no ]] || STORE=$WORK
  get_release
  check_bundle
  [[ -z $INVITE ]] || check_invite
  if [[ $DRY_RUN == yes ]]; then
    say "What would change:"
  else
    [[ $ANSWER == yes || $INTERACTIVE == no ]] || plan
    confirm "Go on?"
  fi
  CHANGED=0
  place_release
  install_debs
  [[ -z $INVITE ]] || join_cluster
  write_inventory
  write_variables
  back_up
  run_roles
  if [[ $DRY_RUN == yes ]]; then
    [[ $CHANGED != 0 ]] || say "  nothing"
    say "That was a dry run: nothing was changed."
  else
    wait_until_healthy
    announce
    summary
  fi
}

# --- removing -------------------------------------------------------------------------------------------------------

# Everything that is ours on a host, beside the units (found by their name, debros*), firewall rules (by their comment)
# and packages of the distribution, which stay. Whoever adds a file, directory or account to the project adds it here, and
# nowhere else: ansible/uninstall.yml runs this script.
what_is_ours() { # sets LINKS, SHELVES, PROGRAMS, DATA, FOLDERS and ACCOUNT
  local share=$TOP/usr/local/share
  # Ours only if they point into $ROOT.
  LINKS=(
    "$TOP"/usr/local/bin/{network-cli,debros-host} "$share"/man/man1/network-cli.1
    "$share"/bash-completion/completions/network-cli "$share"/zsh/site-functions/_network-cli
    "$share"/fish/vendor_completions.d/network-cli.fish
  )
  # Folders that were made for a link, the inner ones first: removed with it when nothing else is in them and no package
  # owns them.
  SHELVES=("$share"/{man/man1,bash-completion{/completions,},zsh{/site-functions,},fish{/vendor_completions.d,}})
  # Removed by --uninstall.
  PROGRAMS=(
    "$ROOT"/{bin,src} "$CACHE" "$TOP"/run/debros{,-gateway}
    # Invites of this host, what its door remembers of them, and which list of members it has followed.
    "$ETC/invites" "$TOP"/var/lib/{,private/}debros-{enrol,members}
    "$TOP"/{etc,usr/lib}/{sysusers.d,tmpfiles.d}/debros*.conf
    "$TOP"/etc/sysctl.d/*debros*.conf "$TOP"/etc/systemd/journald.conf.d/*debros*.conf
    "$TOP"/etc/ufw/applications.d/*debros*
  )
  # Removed by --purge as well.
  DATA=("$ROOT" "$ETC" "$UNITS"/debros*.d "$TOP"/var/lib/systemd/timers/stamp-debros*)
  # Folders of the system that a minimal one has not: removed when nothing else is in them and no package owns them.
  FOLDERS=("$TOP"/etc/{sysusers.d,tmpfiles.d,sysctl.d,systemd/journald.conf.d})
  # User and group; --purge removes them last.
  ACCOUNT=debros
}

would() { # would <command …>: run it, or in a dry run say it
  if [[ $DRY_RUN == yes ]]; then printf '  %s\n' "$*"; else note "+ $*"; "$@" >> "$LOG" 2>&1 || note "failed: $*"; fi
}

remove() { # remove <path …>: those that exist
  local path
  for path in "$@"; do
    [[ ! -e $path && ! -L $path ]] || would rm -rf -- "$path"
  done
}

remove_links() { # an operator may have a program of the same name
  local link shelf
  for link in "${LINKS[@]}"; do
    [[ -L $link && $(readlink "$link") == "$ROOT"/* ]] || continue
    remove "$link"
    for shelf in "${SHELVES[@]}"; do
      # In a dry run the link is still in it.
      if [[ $link == "$shelf"/* && -d $shelf && -z $(find "$shelf" -mindepth 1 ! -type d ! -path "$link" -print -quit) ]] &&
        ! dpkg-query --search "${shelf#"$TOP"}" > /dev/null 2>&1; then
        would rmdir -- "$shelf"
      fi
    done
  done
}

remove_programs() { # and the folders in which there is nothing but them
  local folder folders=()
  for folder in "${FOLDERS[@]}"; do
    if compgen -G "$folder/*debros*" > /dev/null &&
      [[ -z $(find "$folder" -mindepth 1 -maxdepth 1 ! -name '*debros*' -print -quit) ]] &&
      ! dpkg-query --search "${folder#"$TOP"}" > /dev/null 2>&1; then
      folders+=("$folder")
    fi
  done
  remove "${PROGRAMS[@]}"
  for folder in "${folders[@]}"; do
    would rmdir -- "$folder"
  done
}

remove_units() {
  local units=() unit
  mapfile -t units < <(find "$UNITS" -maxdepth 1 -name 'debros*' \( -type f -o -type l \) -printf '%f\n' | sort)
  if [[ ${#units[@]} -gt 0 ]]; then
    # All together: a timer must not start what is being taken away.
    would systemctl stop "${units[@]}"
    would systemctl disable "${units[@]}"
    # An operator's own drop-ins stay for the next installation.
    for unit in "${units[@]}"; do
      remove "$UNITS/$unit" "$UNITS/$unit".d/10-debros*.conf
      [[ $DRY_RUN == yes ]] || rmdir "$UNITS/$unit.d" 2> /dev/null || true
    done
    remove "$UNITS/debros.target.wants"
    would systemctl daemon-reload
    would systemctl reset-failed 'debros*'
  fi
}

lets_ssh_in() { # lets_ssh_in <our rule for SSH> <rules of the operator …>: whether one of them opens that port, for anybody
  local port rule
  port=$(grep -oE ' [0-9]+(/tcp)?( |$)' <<< "$1" | grep -oE '[0-9]+' | head -n 1) || return 1
  [[ $port != 22 ]] || port="(22|ssh|SSH|OpenSSH)"
  shift
  for rule in "$@"; do
    if [[ $rule =~ ^(allow|limit)\  && ! $rule =~ \ out\  && $rule =~ \ $port(/tcp)?(\ |$) ]]; then return 0; fi
  done
  return 1
}

remove_firewall_rules() { # ours carry a comment that begins with "debros:", or "debros-invite" while an invite is open
  local rule spec ours=() ssh=() others=() before=$TOP/etc/ufw/debros-before.json was=unknown
  command -v ufw > /dev/null || return 0
  while IFS= read -r rule; do
    spec=${rule#ufw }
    spec=${spec%% comment *}
    if [[ $rule != "ufw "* ]]; then
      continue
    elif [[ $rule != *" comment 'debros:"* && $rule != *" comment 'debros-invite'" ]]; then
      others+=("$spec")
    elif [[ ${rule,,} == *ssh* ]]; then
      ssh+=("$spec")
    else
      ours+=("$spec")
    fi
  done < <(ufw show added 2> /dev/null)
  # The role noted how the firewall was before it came.
  if [[ -r $before ]]; then
    was=$("$PYTHON" -c 'import json, sys; n = json.load(sys.stdin); print("on" if n["enabled"] else "off", n["incoming"])' < "$before")
  elif [[ ${#ours[@]} -eq 0 && ${#ssh[@]} -eq 0 ]]; then
    return 0 # we never touched it
  elif [[ ${#others[@]} -eq 0 ]]; then
    was=off
  fi
  for spec in "${ours[@]}"; do
    # shellcheck disable=SC2086 # the words of a rule
    would ufw --force delete $spec
  done
  # Without the rule for SSH an active firewall would lock its owner out, so it goes off first if it was off before us.
  if [[ $was == off* ]] && ufw status | grep -q '^Status: active'; then
    say "The firewall (UFW) is switched off again, as it was before."
    would ufw --force disable
  fi
  [[ $was != *" allow" ]] || would ufw default allow incoming
  for spec in "${ssh[@]}"; do
    if [[ $was != off* && $was != *" allow" ]] && ! lets_ssh_in "$spec" "${others[@]}"; then
      say "SSH stays allowed in the firewall (UFW), now as a rule of your own: ufw $spec"
      # The same rule under another comment takes its place: there is no moment without one.
      # shellcheck disable=SC2086 # the words of a rule
      would ufw $spec comment ssh
    else
      # shellcheck disable=SC2086 # the words of a rule
      would ufw --force delete $spec
    fi
  done
  remove "$before"
}

remove_account() {
  if getent passwd "$ACCOUNT" > /dev/null; then would userdel "$ACCOUNT"; fi
  if getent group "$ACCOUNT" > /dev/null; then would groupdel "$ACCOUNT"; fi
  if [[ $DRY_RUN == no ]] && getent passwd "$ACCOUNT" > /dev/null; then
    fail "the user $ACCOUNT could not be removed" "Does a process of it still run? ps -u $ACCOUNT. End it and run this again."
  fi
}

uninstall() {
  if [[ $DRY_RUN == no ]]; then
    if [[ $PURGE == yes ]]; then
      say "Everything of DeBros Network on this machine will be removed, its data included."
    else
      say "Services and programs of DeBros Network will be removed from this machine; data, keys and configuration stay."
    fi
    if [[ $(member_names | wc -l) -gt 1 ]]; then
      say "Its place in the cluster of $(member_names | paste -sd , | sed 's/,/, /g') stays; to give it up, on another host:" \
        "sudo debros-host members remove $(own_name)"
      if [[ $(member_names | wc -l) -eq 2 ]]; then
        say "Do that first, while this host still runs: of two hosts the one that is left can write nothing, not even that."
      fi
    fi
    confirm "Go on?"
  else
    say "What would be done:"
  fi
  what_is_ours
  remove_units
  remove_firewall_rules
  remove_links
  remove_programs
  if [[ $PURGE == yes ]]; then
    remove "${DATA[@]}"
    remove_account
    remove_log
    [[ $DRY_RUN == yes ]] || echo "DeBros Network is gone from this machine, with its data."
  elif [[ $DRY_RUN == no ]]; then
    say "Services and programs are gone. Data, keys and configuration stay in $ROOT and $ETC (--purge removes them)."
  fi
  [[ $DRY_RUN == no ]] || say "That was a dry run: nothing was removed."
}

remove_log() {
  if [[ $DRY_RUN == no ]]; then
    LOG_OPEN=""
    rm -f -- "$LOG"
  elif [[ -e $LOG ]]; then
    printf '  rm -f -- %s\n' "$LOG"
  fi
}

# --- the frame ------------------------------------------------------------------------------------------------------

open_log() {
  LOG_OPEN=""
  if [[ $DRY_RUN == yes ]]; then return 0; fi
  (umask 077 && touch "$LOG" && chmod 0600 "$LOG") || fail "$LOG cannot be written" "Is the disk full or read-only?"
  LOG_OPEN=yes
  note "--- $ACTION, installer ${DEBROS_VERSION:-from a checkout}, process $$"
}

take_lock() {
  exec 9> "$LOCK"
  if ! flock -n 9; then
    [[ $(systemctl is-active debros-members.service 2> /dev/null) == activating ]] ||
      fail "another run of this installer is going on" "Wait until it has ended."
    say "Waiting for debros-members.service, which runs the roles because the cluster has got other members ..."
    flock -w 900 9 || fail "debros-members.service has not ended for a quarter of an hour" "See: journalctl -u debros-members"
  fi
  LOCKED=yes
}

clean_up() {
  local code=$?
  trap - EXIT
  # Something that was not foreseen: bash or a program has said what, above.
  [[ $code -ne 1 || ${FAILED:-no} == yes ]] || (fail "that went wrong" "$(again)") || true
  [[ -z $WORK ]] || rm -rf -- "$WORK"
  # debros-members.service may be waiting for it; without that, nobody is.
  [[ ${LOCKED:-no} == no || -e $UNITS/debros-members.path ]] || rm -f "$LOCK"
  [[ ${LOCKED:-no} == no ]] || rm -f "$WORDS"
  if [[ $code -ne 0 && $code -ne 1 ]]; then
    echo "Stopped. $(again)" >&2
    note "stopped with status $code"
  elif [[ -n ${LOG_OPEN:-} && $code -ne 0 ]]; then
    echo "Everything that was said: $LOG" >&2
  fi
  exit "$code"
}

main() {
  parse "$@"
  case $ACTION in
    help) usage; return 0 ;;
    version) echo "${DEBROS_VERSION:-unstamped: installs what its checkout contains, else the latest release}"; return 0 ;;
  esac
  INTERACTIVE=no
  [[ ! -t 0 || ! -t 1 ]] || INTERACTIVE=yes
  # Nothing below may read the rest of this script when it comes through a pipe.
  exec < /dev/null
  check_root
  umask 022
  take_lock
  (umask 077 && : > "$WORDS")
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  # What a killed run left.
  find "$TOP/var/tmp" -maxdepth 1 -name 'debros-install.*' -user "$EUID" -exec rm -rf -- {} +
  WORK=$(mktemp -d "$TOP/var/tmp/debros-install.XXXXXX") || fail "no working directory can be made in /var/tmp" "Is the disk full?"
  open_log
  if [[ $ACTION == uninstall ]]; then uninstall; else install_host; fi
}

main "$@"
