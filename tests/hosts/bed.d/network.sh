# shellcheck shell=bash
# The network: a namespace with a bridge; this machine hangs on it like a host, and so does the way out.

# The same host has the same last number in both families: 10.77.0.11 and fd00:10:77:0::11.
ip6_for() {
  echo "fd00:${BED_NET//./:}::${1##*.}"
}

in_sw() {
  nsenter --net="/run/netns/$SW" "$@"
}

net_up() {
  # The table is made last: without it an earlier run was aborted half-way.
  ! in_sw nft list table bridge bed > /dev/null 2>&1 || return 0
  net_down
  ip netns add "$SW"
  ip -n "$SW" link set dev lo up
  ip -n "$SW" link add name sw0 type bridge
  ip -n "$SW" addr add "$BED_NET.254/24" dev sw0
  ip -n "$SW" addr add "$(ip6_for .254)/64" dev sw0 nodad
  ip -n "$SW" link set dev sw0 up
  # bed0 (this machine) <-> port "uplink" of the bridge
  ip link add name "${BED_ID}0" type veth peer name uplink netns "$SW"
  ip -n "$SW" link set dev uplink master sw0 up
  ip addr add "$BED_NET.1/24" dev "${BED_ID}0"
  ip addr add "$(ip6_for .1)/64" dev "${BED_ID}0" nodad
  ip link set dev "${BED_ID}0" up
  # Faults are rules on the bridge.
  in_sw nft -f - << 'RULES'
table bridge bed {
    chain part { }
    chain lose { }
    chain forward { type filter hook forward priority 0; jump part; jump lose; }
    chain input { type filter hook input priority 0; jump lose; }
}
RULES
}

net_down() { # the bridge and its ports go with the namespace
  ip netns del "$SW" 2> /dev/null || true
  ip link del "${BED_ID}0" 2> /dev/null || true
}

way_out() {
  ip -n "$SW" route 2> /dev/null | grep -q '^default'
}

slirp() { # the pid of the way out; a number left by a machine that was switched off belongs to somebody else now
  local pid
  pid=$(cat "$BED_DIR/slirp.pid" 2> /dev/null) || return 1
  grep -qsF "/run/netns/$SW" "/proc/$pid/cmdline" && echo "$pid"
}

online() { # NAT in user space, in our own namespace: no sysctl and no rule outside
  net_up
  ! slirp > /dev/null || return 0
  setsid slirp4netns --configure --mtu=1500 --netns-type=path "/run/netns/$SW" tap0 \
    > "$BED_DIR/slirp.log" 2>&1 < /dev/null &
  echo $! > "$BED_DIR/slirp.pid"
  settle 50 way_out || die "no way out after 5 s: $(tail -n 1 "$BED_DIR/slirp.log")"
  in_sw sysctl -q -w net.ipv4.ip_forward=1
  in_sw iptables -t nat -C POSTROUTING -s "$BED_NET.0/24" -o tap0 -j MASQUERADE 2> /dev/null ||
    in_sw iptables -t nat -A POSTROUTING -s "$BED_NET.0/24" -o tap0 -j MASQUERADE
}

offline() {
  local pid
  if pid=$(slirp); then
    kill "$pid" 2> /dev/null || true
    settle 20 test ! -d "/proc/$pid" || kill -KILL "$pid" 2> /dev/null || true
  fi
  rm -f "$BED_DIR/slirp.pid"
}
