# shellcheck shell=bash
# A host's disk: the template below, and above it a file system of its own with a size, so that it can run full.

hosts() { # every host there is anything of: a folder, or only processes of an aborted run
  { ls "$HOSTS" 2> /dev/null || true; find "$(cgroup_roots | head -n 1)" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' 2> /dev/null || true; } |
    sort -u
}

ip_of() {
  [[ -n $1 ]] || die "which host?"
  cat "$HOSTS/$1/ip" 2> /dev/null || die "no host $1"
}

free_address() {
  local last
  for last in {11..250}; do
    if ! grep -qsx "$BED_NET.$last" "$HOSTS"/*/ip; then
      echo "$BED_NET.$last"
      return
    fi
  done
  die "no free address in $BED_NET.0/24"
}

create() { # create NAME[=IP][@DISTRO]
  local name=${1%%[=@]*} address="" distro="" dir tree
  [[ $1 != *@* ]] || distro=${1##*@}
  [[ $1 != *=* ]] || { address=${1#*=} && address=${address%%@*}; }
  dir=$HOSTS/$name
  [[ $name =~ ^[a-z][a-z0-9-]{0,11}$ ]] || die "bad name '$name': at most 12 of a-z, 0-9, -"
  tree=$(tree_of "$distro")
  [[ ! -e $dir ]] || die "$name exists; bed down $name"
  address=${address:-$(free_address)}
  [[ $address == "$BED_NET".* ]] || die "$address is not in $BED_NET.0/24"
  access_key
  mkdir -p "$dir/disk" "$dir/root"
  echo "$address" > "$dir/ip"
  truncate -s "$BED_DISK" "$dir/disk.img"
  mkfs.ext4 -q -m 0 "$dir/disk.img"
  mount -o loop "$dir/disk.img" "$dir/disk"
  mkdir "$dir/disk/upper" "$dir/disk/work"
  mount -t overlay overlay \
    -o "lowerdir=$tree,upperdir=$dir/disk/upper,workdir=$dir/disk/work" "$dir/root"
  settle_in "$name" "$address" "$dir/root"
}

settle_in() { # settle_in NAME IP ROOT: what makes the tree this one host
  local name=$1 address=$2 root=$3
  echo "$name" > "$root/etc/hostname"
  printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$name" > "$root/etc/hosts"
  # A static address, as a server has it: on its own disk, set by its own boot.
  printf '%s\n' '[Match]' 'Name=host0' '[Network]' "Address=$address/24" "Address=$(ip6_for "$address")/64" "Gateway=$BED_NET.254" \
    'LinkLocalAddressing=no' 'IPv6AcceptRA=no' > "$root/etc/systemd/network/10-host0.network"
  ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$root/etc/ssh/ssh_host_ed25519_key"
  echo "$address $(cut -d' ' -f1,2 "$root/etc/ssh/ssh_host_ed25519_key.pub")" >> "$BED_DIR/known_hosts"
  install -d -m 700 -o 1000 -g 1000 "$root/home/admin/.ssh"
  install -m 600 -o 1000 -g 1000 "$KEY.pub" "$root/home/admin/.ssh/authorized_keys"
}

unmounted() {
  ! mountpoint -q "$1" || { umount "$1" 2> /dev/null && ! mountpoint -q "$1"; }
}

remove() {
  local dir=$HOSTS/$1 mount
  pull "$1"
  [[ -d $dir ]] || return 0
  [[ ! -f $dir/wire.pid ]] || delay "$1" 0
  for mount in root disk; do
    settle 40 unmounted "$dir/$mount" || die "$dir/$mount is busy"
  done
  if [[ -f $dir/ip && -f $BED_DIR/known_hosts ]]; then
    sed -i "/^$(sed 's/\./\\./g' "$dir/ip") /d" "$BED_DIR/known_hosts"
  fi
  rm -rf "$dir"
}

fill() { # fill NAME [MB]: most of it at once, so that it is full in a moment; with MB, so many are left
  local size free file=$HOSTS/$1/root/var/bed-fill
  free=$(df --output=avail -B 1 "$HOSTS/$1/root" | tail -n 1)
  if [[ -n ${2:-} ]]; then
    fallocate -l $((free - ($2 << 20))) "$file"
    return
  fi
  fallocate -l "$free" "$file" 2> /dev/null || true
  for size in 1M 4k; do
    dd if=/dev/zero bs=$size oflag=append conv=notrunc of="$file" 2> /dev/null || true
  done
}

unfill() {
  rm -f "$HOSTS/$1/root/var/bed-fill"
}
