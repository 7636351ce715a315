# shellcheck shell=bash
# Messages of the scripts: everything a script says about itself goes to stderr. To be sourced by bash.

say() { printf '%s\n' "$*" >&2; }

# die CODE MESSAGE: ends the script. Exit codes are those of saasctl: 1 failed, 2 bad usage, 5 no engine.
die() {
  local code=$1
  shift
  say "${0##*/}: $*"
  exit "$code"
}
