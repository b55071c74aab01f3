# shellcheck shell=bash
# One cgroup subtree per host, in every hierarchy. Left to itself, systemd-nspawn --keep-unit puts every host into the
# same /payload, where their units overlap. The subtree is also the truth about what runs:
#   runner (a loop) -> systemd-nspawn -> PID 1 of the host -> everything else

CGROUPS=/sys/fs/cgroup

cgroup_roots() { # the bed's own directory in each hierarchy, v1 or v2
  local controller
  if [[ -f $CGROUPS/cgroup.controllers ]]; then
    echo "$CGROUPS/$BED_ID"
    return
  fi
  for controller in systemd unified memory pids cpu cpuacct blkio devices freezer; do
    [[ ! -d $CGROUPS/$controller ]] || echo "$CGROUPS/$controller/$BED_ID"
  done
}

cgroups_of() {
  local root
  for root in $(cgroup_roots); do echo "$root/$1"; done
}

main_cgroup() {
  cgroups_of "$1" | head -n 1
}

cgroup_enter() { # cgroup_enter NAME: this shell, and what it starts, belong to the host
  local root dir
  for root in $(cgroup_roots); do
    mkdir -p "$root"
    # On v2 a child has only the controllers its parent hands down.
    [[ ! -f $CGROUPS/cgroup.controllers ]] ||
      echo '+memory +pids +cpu' 2> /dev/null > "$root/cgroup.subtree_control" || true
    dir=$root/$1
    mkdir -p "$dir"
    echo "$BASHPID" > "$dir/cgroup.procs"
  done
  dir=$CGROUPS/memory/$BED_ID/$1/memory.limit_in_bytes
  [[ -f $dir ]] || dir=$(main_cgroup "$1")/memory.max
  [[ ! -f $dir ]] || numfmt --from=iec "$BED_MEM" > "$dir"
}

cgroup_pids() {
  find "$(main_cgroup "$1")" -name cgroup.procs -exec cat {} + 2> /dev/null || true
}

alive() {
  [[ -n $(cgroup_pids "$1") ]]
}

dead() {
  ! alive "$1"
}

init_of() { # the host's PID 1, as this machine numbers it
  head -n 1 "$(main_cgroup "$1")/payload/init.scope/cgroup.procs" 2> /dev/null || true
}

cgroup_gone() {
  local dir left=0
  for dir in $(cgroups_of "$1"); do
    [[ ! -d $dir ]] || find "$dir" -depth -type d -exec rmdir {} + 2> /dev/null || true
    [[ ! -d $dir ]] || left=1
  done
  return "$left"
}

cgroups_down() {
  local root
  for root in $(cgroup_roots); do
    [[ ! -d $root ]] || rmdir "$root" || true
  done
}

freezer() { # freezer NAME: the file, and what to write into it for hang and wake
  local v1=$CGROUPS/freezer/$BED_ID/$1/freezer.state
  if [[ -f $v1 ]]; then
    echo "$v1 FROZEN THAWED"
  else
    echo "$(main_cgroup "$1")/cgroup.freeze 1 0"
  fi
}
