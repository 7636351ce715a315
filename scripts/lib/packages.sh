# shellcheck shell=bash
# Debian packages the scripts need. To be sourced by bash after messages.sh.

# listed_packages FILE...: the names in package lists (one a line; `#` starts a comment).
listed_packages() { sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$@"; }

# missing_packages NAME...: those that are not installed, one a line. Needs no network.
missing_packages() {
  local name
  for name in "$@"; do
    dpkg-query -W -f '${db:Status-Status}\n' "$name" 2>/dev/null | grep -qx installed || printf '%s\n' "$name"
  done
}

# as_root COMMAND...: runs it as root, through sudo when this is another user; 1 when neither is possible.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
    sudo "$@"
  else
    return 1
  fi
}

# install_packages NAME...: installs those that are missing; ends the script when that fails.
install_packages() {
  local -a missing
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || die 1 "needs these Debian packages, and this system has no apt-get: ${missing[*]}"
  as_root true || die 1 "needs packages that only root can install; run: apt-get install ${missing[*]}"
  say "Installing Debian packages: ${missing[*]}"
  apt_quietly update
  apt_quietly install -y --no-install-recommends "${missing[@]}"
}

# need_packages FILE...: installs what is missing of the packages listed in the files.
need_packages() {
  local -a names
  mapfile -t names < <(listed_packages "$@")
  install_packages "${names[@]}"
}

# apt-get tells pages when all goes well: they are shown only when it fails. Another apt may hold the lock: wait for it.
apt_quietly() {
  local log
  log=$(mktemp)
  if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" \
    >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    die 1 "apt-get $1 failed (its last lines are above); mend that and run this again"
  fi
  rm -f "$log"
}
