# shellcheck shell=bash
# Power: on, off, and the plug.

boot() {
  dead "$1" || die "$1 runs already"
  mountpoint -q "$HOSTS/$1/root" || die "$1 has lost its disk (a restart of this machine?); bed down $1"
  net_up
  # First the cgroups, so that `down` finds whatever was begun. Then a session of its own: Ctrl-C at whatever called us
  # must not reach the hosts.
  (
    cgroup_enter "$1"
    exec setsid "$HERE/bed" runner "$1"
  ) < /dev/null >> "$HOSTS/$1/console.log" 2>&1 &
  settle 100 alive "$1" || die "$1 did not start: $(tail -n 3 "$HOSTS/$1/console.log")"
}

# --register=no --keep-unit   no machined and no systemd here
# --console=pipe              no terminal
# bed-init instead of -b      see bed.d/init; hence --kill-signal
# --network-bridge            a fresh namespace at every boot, so that firewall rules do not outlive a reboot. It brings
#                             CAP_NET_ADMIN and a writable /proc/sys/net (--network-namespace-path brings neither)
# CAP_BPF and bpf()           without them IPAddressDeny= is silently ignored
# nsenter                     "ip netns exec" would hide /sys/fs/cgroup
runner() { # in the background for as long as the host has power
  local name=$1 status=133 bind args=()
  for bind in $BED_BIND_RO; do args+=("--bind-ro=$bind"); done
  while [[ $status -eq 133 ]]; do # "reboot me": with --keep-unit that is the caller's job
    status=0
    ip -n "$SW" link del "vb-$name" 2> /dev/null || true
    setsid -w nsenter --net="/run/netns/$SW" systemd-nspawn -q -D "$HOSTS/$name/root" --machine="$name" \
      --register=no --keep-unit --console=pipe --kill-signal=SIGRTMIN+3 --link-journal=no --resolv-conf=off \
      --timezone=off --network-bridge=sw0 --capability=CAP_BPF,CAP_PERFMON,CAP_IPC_LOCK --system-call-filter=bpf \
      "${args[@]}" /sbin/bed-init || status=$?
    echo "bed: $name left with status $status"
  done
}

listening() { # before its SSH port is open and logins are allowed, there is no point in knocking
  local pid
  pid=$(init_of "$1")
  [[ -n $pid ]] && grep -qs ':0016 .* 0A ' "/proc/$pid/net/tcp" "/proc/$pid/net/tcp6" &&
    [[ ! -e /proc/$pid/root/run/nologin ]]
}

# Few and late connections: `ufw limit` shuts out whoever knocks six times in 30 s.
wait_ssh() {
  local end=$((SECONDS + PATIENCE))
  until listening "$1" && ssh_to "$1" -o ControlPath=none true < /dev/null 2> /dev/null; do
    if dead "$1"; then
      tail -n 5 "$HOSTS/$1/console.log" >&2
      die "$1 died at boot"
    fi
    [[ $SECONDS -lt $end ]] || die "$1: no SSH after $PATIENCE s; its console: $HOSTS/$1/console.log"
    sleep 0.1
  done
}

stop() { # one SIGTERM to systemd-nspawn is the power button; a second one would be a kill
  local pids
  alive "$1" || return 0
  thaw "$1"
  hang_up "$1"
  pids=$(cat "$(main_cgroup "$1")/supervisor/cgroup.procs")
  # shellcheck disable=SC2086 # a list of numbers
  kill -TERM $pids
  settle 300 dead "$1" || pull "$1"
  settle 50 cgroup_gone "$1" || die "the cgroups of $1 are still in use"
}

kill_all() { # once is not enough: one of them may just have forked
  local pids
  pids=$(cgroup_pids "$1")
  # shellcheck disable=SC2086 # a list of numbers
  [[ -z $pids ]] || kill -KILL $pids 2> /dev/null || true
  dead "$1"
}

pull() { # SIGKILL to PID 1: the kernel ends everything in the host at once
  # (Killing systemd-nspawn is not enough: PID 1 lives on as an orphan.)
  local pids
  if alive "$1"; then
    thaw "$1"
    pids=$(init_of "$1")
    # shellcheck disable=SC2086 # a list of numbers
    [[ -z $pids ]] || kill -KILL $pids 2> /dev/null || true
    [[ -n $pids ]] && settle 20 dead "$1" || settle 50 kill_all "$1" || die "$1 does not end"
  fi
  hang_up "$1"
  settle 50 cgroup_gone "$1" || die "the cgroups of $1 are still in use"
}
