# shellcheck shell=bash
# Faults of cable, switch and machine.

freeze() {
  local file hang
  read -r file hang _ <<< "$(freezer "$1")"
  echo "$hang" > "$file"
}

thaw() {
  local file wake
  read -r file _ wake <<< "$(freezer "$1")"
  [[ ! -f $file ]] || echo "$wake" > "$file"
}

unplug() {
  ip -n "$SW" link set dev "vb-$1" down
}

replug() {
  ip -n "$SW" link set dev "vb-$1" up
}

split() {
  local a b
  a=$(ip_of "$1")
  b=$(ip_of "$2")
  in_sw nft "add rule bridge bed part ip saddr {$a,$b} ip daddr {$a,$b} drop comment \"$a-$b\""
}

rejoin() {
  drop_rules part "$(ip_of "$1")-$(ip_of "$2")"
  drop_rules part "$(ip_of "$2")-$(ip_of "$1")"
}

drop_rules() { # drop_rules CHAIN COMMENT
  local handle
  for handle in $(in_sw nft -a list chain bridge bed "$1" | sed -n "s/.*comment \"$2\" # handle //p"); do
    in_sw nft delete rule bridge bed "$1" handle "$handle"
  done
}

lose() {
  local address
  address=$(ip_of "$1")
  drop_rules lose "$1"
  [[ $2 == 0 ]] ||
    in_sw nft "add rule bridge bed lose ip daddr $address numgen random mod 100 < $2 drop comment \"$1\""
}

rate() {
  in_sw tc qdisc del dev "vb-$1" root 2> /dev/null || true
  [[ $2 == 0 ]] || in_sw tc qdisc add dev "vb-$1" root tbf rate "$2mbit" burst 32kb latency 400ms
}

delay() { # the kernel may have no netem; a wire in user space does
  local name=$1 ms=$2 file=$HOSTS/$1/wire.pid
  if [[ -f $file ]]; then
    kill "$(cat "$file")" 2> /dev/null || true
    rm -f "$file"
    ip -n "$SW" link del "w-$name" 2> /dev/null || true
    ip -n "$SW" link set dev "vb-$name" master sw0 2> /dev/null || true
  fi
  [[ $ms != 0 ]] || return 0
  ip -n "$SW" link set dev "vb-$name" nomaster
  ip -n "$SW" link add name "w-$name" type veth peer name "wb-$name"
  ip -n "$SW" link set dev "wb-$name" master sw0 up
  ip -n "$SW" link set dev "w-$name" up
  in_sw setsid "$HERE/bed.d/wire.py" "vb-$name" "w-$name" "$ms" > "$HOSTS/$name/wire.log" 2>&1 < /dev/null &
  echo $! > "$file"
}
