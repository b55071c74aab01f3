# shellcheck shell=bash
# SSH into the hosts: one key, checked host keys, and one configuration file for ssh, Ansible and the tests.

access_key() {
  [[ ! -f $KEY ]] || return 0
  mkdir -p "$BED_DIR"
  chmod 700 "$BED_DIR"
  rm -f "$KEY.part" "$KEY.part.pub"
  ssh-keygen -q -t ed25519 -N '' -C "$BED_ID" -f "$KEY.part"
  # Connections are shared: they are the slow part, and `ufw limit` counts them. A dead host is noticed in 6 s.
  printf '%s\n' "Host $BED_NET.*" 'User admin' "IdentityFile $KEY" 'IdentitiesOnly yes' 'BatchMode yes' \
    "UserKnownHostsFile $BED_DIR/known_hosts" 'StrictHostKeyChecking yes' 'LogLevel ERROR' 'ConnectTimeout 5' \
    'ServerAliveInterval 2' 'ServerAliveCountMax 3' \
    'ControlMaster auto' "ControlPath $BED_DIR/cm-%h" 'ControlPersist 60s' > "$BED_DIR/ssh_config"
  mv "$KEY.part.pub" "$KEY.pub"
  mv "$KEY.part" "$KEY"
}

ssh_to() { # ssh_to NAME [OPTION...] CMD...
  local name=$1
  shift
  ssh -F "$BED_DIR/ssh_config" "$(ip_of "$name")" "$@"
}

hang_up() { # end the shared connection: the host at its other end is going
  local socket
  socket=$BED_DIR/cm-$(cat "$HOSTS/$1/ip" 2> /dev/null) || return 0
  [[ ! -S $socket ]] || ssh -o ControlPath="$socket" -O exit bed 2> /dev/null || true
  rm -f "$socket"
}

push() { # push NAME FILE DIR
  [[ $# -eq 3 ]] || die "usage: bed push NAME FILE DIR"
  [[ -e $2 ]] || die "no file $2"
  tar -C "$(dirname "$2")" -cf - "$(basename "$2")" |
    ssh_to "$1" "sudo mkdir -p '$3' && sudo tar -C '$3' --no-same-owner -xf -"
}

logs() { # logs NAME [OPTION...]
  local name=$1 arguments
  shift
  if alive "$name"; then
    printf -v arguments ' %q' "$@"
    ssh_to "$name" "sudo journalctl --no-pager ${arguments# }"
  else
    journalctl --no-pager -D "$HOSTS/$name/root/var/log/journal" "$@"
  fi
}
