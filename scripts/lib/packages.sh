# shellcheck shell=bash
# Installs the Debian packages that the scripts need. Sourced by bash after messages.sh.

# listed_packages FILE...: the names in package lists (one per line; `#` starts a comment).
listed_packages() { sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$@"; }

# missing_packages NAME...: the packages that are not installed, one per line. Needs no network.
missing_packages() {
  local name
  for name in "$@"; do
    dpkg-query -W -f '${db:Status-Status}\n' "$name" 2>/dev/null | grep -qx installed || printf '%s\n' "$name"
  done
}

# as_root COMMAND...: runs the command as root, with sudo if this is another user; returns 1 if neither is possible.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
    sudo "$@"
  else
    return 1
  fi
}

# install_packages NAME...: installs the missing packages; ends the script if that fails.
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

# need_packages FILE...: installs the missing packages of the lists.
need_packages() {
  local -a names
  mapfile -t names < <(listed_packages "$@")
  install_packages "${names[@]}"
}

# Shows the output of apt-get only if it fails. Waits for the lock if another apt has it.
apt_quietly() {
  local log
  log=$(mktemp)
  if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" \
    >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    die 1 "apt-get $1 failed (its last lines are above); fix that and run this again"
  fi
  rm -f "$log"
}
