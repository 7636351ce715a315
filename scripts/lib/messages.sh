# shellcheck shell=bash
# Messages of the scripts, all on stderr. Sourced by bash.

say() { printf '%s\n' "$*" >&2; }

# die CODE MESSAGE: prints the message and ends the script. The exit codes are those of saasctl: 1 failed, 2 bad usage, 5 no engine.
die() {
  local code=$1
  shift
  say "${0##*/}: $*"
  exit "$code"
}
