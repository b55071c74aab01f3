# shellcheck shell=bash disable=SC2034 # variables are read by template.sh
# What differs between distributions when a tree of one is made: suite, mirror, keyring, script, packages.

# A cloud image: systemd, SSH, sudo, Python, and a way to fetch files. No firewall tool, no venv, no python3-apt.
BARE_PACKAGES=systemd,systemd-sysv,dbus,iproute2,procps,openssh-server,sudo,python3,curl,ca-certificates
# What the roles would install first of all; in the ordinary template it is there already.
HOST_PACKAGES=(ufw iptables python3-apt)

# gpg --fingerprint of "Ubuntu Archive Automatic Signing Key (2018)", the only key noble's archive is signed with.
UBUNTU_KEY=F6ECB3762474EDA9D21B7022871920D1991BC93C

distro() { # distro DISTRO: set SUITE ORIGIN COMPONENTS SCRIPT PACKAGES
  SUITE=$1
  ORIGIN=Debian
  COMPONENTS=main
  SCRIPT=/usr/share/debootstrap/scripts/sid
  PACKAGES=$BARE_PACKAGES
  case $1 in
    bookworm) ;;
    trixie) PACKAGES+=,systemd-resolved ;;
    noble)
      # debootstrap's own list of suites may be older than noble; gutsy is the script of every Ubuntu since.
      ORIGIN=Ubuntu
      COMPONENTS=main,universe
      SCRIPT=/usr/share/debootstrap/scripts/gutsy
      PACKAGES+=,systemd-resolved
      ;;
    *) die "unknown distribution '$1'; known: bookworm, trixie, noble" ;;
  esac
}

mirror() { # the archive this machine's apt already uses for ORIGIN; otherwise the one debootstrap knows
  local found
  if [[ -n $BED_MIRROR ]]; then
    echo "$BED_MIRROR"
    return
  fi
  # $(...) is apt's own notation here.
  # shellcheck disable=SC2016
  found=$(apt-get indextargets --format '$(LABEL) $(REPO_URI)' "Created-By: Packages" 2> /dev/null |
    awk -v origin="$ORIGIN" '$1 == origin && !uri { uri = $2 } END { print uri }')
  if [[ -z $found && $ORIGIN == Ubuntu ]]; then
    found=$(awk '$1 == "default_mirror" && !/old-releases/ { print $2; exit }' "$SCRIPT")
  elif [[ -z $found ]]; then
    found=$(sed -n 's/^DEF_MIRROR="\(.*\)"$/\1/p' "$(command -v debootstrap)")
  fi
  [[ -n $found ]] || die "no mirror of $ORIGIN found; name one with BED_MIRROR"
  echo "$found"
}

keyring() { # keyring MIRROR FOLDER: print the file with the archive's keys
  local name="${ORIGIN,,}-archive-keyring.gpg"
  if [[ -f /usr/share/keyrings/$name ]]; then
    echo "/usr/share/keyrings/$name"
  elif [[ $ORIGIN == Ubuntu ]]; then
    ubuntu_keyring "$1" "$2" > "$2/$name"
    echo "$2/$name"
  else
    die "no /usr/share/keyrings/$name: install ${ORIGIN,,}-archive-keyring"
  fi
}

# Where no package brings Ubuntu's keyring it comes from the archive itself, which proves nothing; so one key is taken
# out of it, by its full fingerprint, and that key checks everything that follows.
ubuntu_keyring() { # ubuntu_keyring MIRROR FOLDER: the key, on standard output
  local deb=$2/ubuntu-keyring.deb gpg=(gpg --quiet --batch --no-default-keyring --keyring "$2/all.gpg") path
  path=$(curl -fsSL "$1/dists/$SUITE/main/binary-amd64/Packages.gz" | gzip -dc |
    awk '$1 == "Package:" { here = $2 == "ubuntu-keyring" } here && $1 == "Filename:" && !path { path = $2 }
      END { print path }')
  [[ -n $path ]] || die "no ubuntu-keyring in $1"
  curl -fsSL -o "$deb" "$1/$path"
  dpkg-deb --fsys-tarfile "$deb" | tar -xO ./usr/share/keyrings/ubuntu-archive-keyring.gpg > "$2/all.gpg"
  GNUPGHOME=$2 "${gpg[@]}" --list-keys "$UBUNTU_KEY" > /dev/null ||
    die "the keyring of $1 does not hold the key $UBUNTU_KEY"
  GNUPGHOME=$2 "${gpg[@]}" --export "$UBUNTU_KEY"
}
