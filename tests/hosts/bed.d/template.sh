# shellcheck shell=bash
# Templates: a tree that is the lower, read-only half of every host's disk. Made once, kept in the user's cache.

CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/debros/bed

template() {
  local name=${1:-} flavour=${2:-full} tree
  [[ $flavour == full || $flavour == bare ]] || die "unknown flavour '$flavour'; the only one is: bare"
  [[ -n $name ]] || die "which distribution? bookworm, trixie, noble"
  distro "$name"
  [[ -z $(hosts) ]] || die "hosts use the template; first: bed down"
  mkdir -p "$CACHE" "$BED_DIR"
  # Another bed may be making the same tree: wait for it, then use it.
  exec 9> "$CACHE/lock"
  flock -n 9 || {
    echo "bed: waiting for another bed to finish its template" >&2
    flock 9
  }
  tree=$CACHE/$name-$flavour-$(fingerprint)
  if [[ ! -d $tree ]]; then
    forget "$name-$flavour"
    # In a mount namespace of its own: whatever debootstrap mounts is gone with it, even after SIGKILL.
    unshare --mount --propagation private "$HERE/bed" build-template "$name" "$flavour" "$tree"
  fi
  exec 9>&-
  mkdir -p "$BED_DIR/templates"
  rm -rf "$BED_DIR/template"
  ln -s "$tree" "$BED_DIR/template"
  ln -sfn "$tree" "$BED_DIR/templates/$name"
}

tree_of() { # tree_of DISTRO: the disk of its new hosts; without a name, of the template asked for last
  local link=$BED_DIR/template
  [[ -z $1 ]] || { link=$BED_DIR/templates/$1 && distro "$1"; }
  [[ -d $link ]] || die "no template; first: bed template ${1:-DISTRO}"
  readlink -f "$link"
}

fingerprint() { # of everything that decides what is in a tree
  {
    cat "$HERE"/bed.d/{distro,template}.sh "$HERE/bed.d/init"
    extra_authorities | xargs --no-run-if-empty cat
  } | sha256sum | cut -c 1-12
}

extra_authorities() { # the certificate authorities this machine trusts on top of the distribution's
  find /usr/local/share/ca-certificates -name '*.crt' 2> /dev/null | sort
}

forget() { # older trees of the same kind, and halves of aborted runs; not those that a bed is standing on
  local tree
  for tree in "$CACHE/$1"-*; do
    [[ -d $tree ]] && ! grep -qF "lowerdir=$tree," /proc/self/mountinfo && rm -rf "$tree"
  done
  return 0
}

build_template() { # build_template DISTRO FLAVOUR TREE
  local part=$3.part url
  distro "$1"
  echo "bed: making the $1 template ($2), once; about a minute" >&2
  rm -rf "$part"
  mkdir -p "$part"
  url=$(mirror)
  bootstrap "$url" "$part"
  [[ $2 == bare ]] || add_packages "$part"
  equip "$part"
  mv "$part" "$3"
}

bootstrap() { # bootstrap MIRROR TREE
  local log=$BED_DIR/debootstrap.log keys scratch proxy
  scratch=$(mktemp -d)
  keys=$(keyring "$1" "$scratch")
  # debootstrap fetches with wget, which does not read apt's configuration.
  eval "$(apt-config shell proxy Acquire::http::Proxy)"
  if ! http_proxy=${http_proxy:-${proxy:-}} debootstrap --variant=minbase --keyring="$keys" \
    --components="$COMPONENTS" --include="$PACKAGES" "$SUITE" "$2" "$1" "$SCRIPT" > "$log" 2>&1; then
    tail -n 5 "$log" >&2
    die "debootstrap failed; all it said is in $log"
  fi
  rm -rf "$scratch" "$2"/var/cache/apt/archives/*.deb
}

add_packages() { # add_packages TREE
  local log=$BED_DIR/packages.log
  in_tree "$1" sh -c "apt-get -qq update && apt-get -qq install -y --no-install-recommends ${HOST_PACKAGES[*]}" \
    > "$log" 2>&1 || {
    tail -n 5 "$log" >&2
    die "apt-get failed in the template; all it said is in $log"
  }
}

in_tree() { # in_tree TREE CMD...: not booted, with this machine's network
  local tree=$1
  shift
  # The authorities come first, since the mirror may answer with a certificate of one of them; and systemd-resolved's
  # link is put out of the way, since systemd-nspawn leaves links as they are.
  trust "$tree"
  anonymous "$tree"
  systemd-nspawn -q -D "$tree" --register=no --keep-unit --console=pipe --resolv-conf=replace-host \
    --setenv=DEBIAN_FRONTEND=noninteractive -- "$@" < /dev/null || return
  anonymous "$tree"
}

trust() {
  local file
  for file in $(extra_authorities); do cp "$file" "$1/usr/local/share/ca-certificates/"; done
  chroot "$1" update-ca-certificates > /dev/null 2>&1
}

anonymous() { # one tree, many machines: nothing that identifies a host stays in it
  rm -f "$1"/etc/ssh/ssh_host_* "$1/etc/resolv.conf" "$1/var/lib/dbus/machine-id"
  : > "$1/etc/machine-id"
  # slirp4netns' resolver; offline it is an address where nobody answers.
  echo 'nameserver 10.0.2.3' > "$1/etc/resolv.conf"
}

equip() { # what a provider does to an image: a user with sudo, SSH by key, no root login
  local tree=$1
  trust "$tree"
  anonymous "$tree"
  printf '%s\n' 'PasswordAuthentication no' 'KbdInteractiveAuthentication no' 'PermitRootLogin no' 'UseDNS no' \
    > "$tree/etc/ssh/sshd_config.d/10-bed.conf"
  # Ubuntu's images bring a user of their own under this number.
  chroot "$tree" userdel -r ubuntu 2> /dev/null || true
  chroot "$tree" useradd -m -s /bin/bash -u 1000 -G sudo admin
  echo 'admin ALL=(ALL) NOPASSWD: ALL' > "$tree/etc/sudoers.d/90-admin"
  chmod 440 "$tree/etc/sudoers.d/90-admin"
  # Package work in the background would hold dpkg's lock during a test.
  chroot "$tree" systemctl -q mask apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer fstrim.timer \
    systemd-pstore.service 2> /dev/null
  chroot "$tree" systemctl -q enable systemd-networkd 2> /dev/null
  install -m 755 "$HERE/bed.d/init" "$tree/sbin/bed-init"
}

bake() {
  local tree=$BED_DIR/template copy
  [[ -z $(hosts) ]] || die "hosts use the template; first: bed down"
  [[ -d $tree ]] || die "no template; first: bed template DISTRO"
  if [[ -L $tree ]]; then # the cached tree stays as it is, for the other beds
    copy=$BED_DIR/template.part
    rm -rf "$copy"
    cp -a --reflink=auto "$(readlink -f "$tree")" "$copy"
    rm "$tree"
    mv "$copy" "$tree"
  fi
  in_tree "$tree" "$@"
}
