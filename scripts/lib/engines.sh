# shellcheck shell=bash
# Runs the tests on several container engines, each in its own container (tests/engines/). Sourced by bash after messages.sh,
# packages.sh, engine.sh and tests.sh. test_engines sets ENGINES_PROJECT and ENGINES_FOLDER.

ENGINES_STACK=tests/engines/stack.yaml

engines_stack() { build/saasctl -f "$ENGINES_STACK" -p "$ENGINES_PROJECT" --progress plain "$@"; }

# engine_names: the names of the engines, one per line.
engine_names() { sed -n '/^services:/,$s/^  \([a-z][^: ]*\):$/\1/p' "$ENGINES_STACK"; }

# test_engines FILTER REPORTS [NAME...]: runs the tests on one engine after the other, writes a report REPORTS/NAME.xml for each, and
# prints a table.
test_engines() {
  local filter=$1 reports=$2 name
  shift 2
  case $(engine_host) in
    unix://*) ;;
    *) die 2 "the engines run beside the tests: DOCKER_HOST must be a socket of this machine, but is $DOCKER_HOST" ;;
  esac
  ENGINES_PROJECT=saasctl-engines-$(pwd -P | md5sum | cut -c 1-8)
  ENGINES_FOLDER=$reports/engines
  export ENGINES_FOLDER
  scripts/bases
  engines_stack build "$@" || die 1 "cannot build the images of the engines; the messages are above"
  for name in "$@"; do test_on_engine "$name" "$filter" "$reports/$name.xml"; done
  engines_table "$reports" "$@"
}

# test_on_engine NAME FILTER REPORT: runs the tests on one engine. An engine that does not start counts as a failed test.
test_on_engine() {
  local name=$1 filter=$2 report=$3 started=$SECONDS
  local folder=$ENGINES_FOLDER/$name
  local socket=$folder/engine.sock
  mkdir -p "$folder/tmp"
  # The socket belongs to root; the tests may run as another user.
  if engines_stack up --wait=ready "$name" && as_root chmod 666 "$socket" && give_image debian:trixie-slim "$socket"; then
    DOCKER_HOST=unix://$socket engine_api GET /version --max-time 10 >"$report.version"
    say_without "$name"
    WITHOUT=$(without_pattern "$name") run_tests '^(engine|e2e)$' "$filter" "$report" in_network_of "$name" \
      env -u DOCKER_CONTEXT -u DOCKER_TLS_VERIFY -u DOCKER_CERT_PATH DOCKER_HOST="unix://$socket" TMPDIR="$folder/tmp"
  else
    say "$name did not start, or did not load the base image; its last lines:"
    engines_stack logs --tail 20 "$name" >&2 || :
    report_failure "$report"
  fi
  printf '%d' $((SECONDS - started)) >"$report.seconds"
  remove_engines
}

# without NAME: the tests that the engine cannot pass, one per line with the reason (tests/engines/NAME.without).
without() { if [ -f "tests/engines/$1.without" ]; then grep -v '^#' "tests/engines/$1.without"; fi; }

say_without() { without "$1" | while IFS= read -r line; do say "$1: not run: $line"; done; }

# without_pattern NAME: a regular expression for ctest that matches their names.
without_pattern() {
  without "$1" | sed -E 's/ \| .*//; s/[][().*+?^$|\\]/\\&/g; s/.*/^&$/' | paste -s -d '|'
}

# remove_engines: removes the engines and their data. Files that were written through them belong to root.
remove_engines() {
  engines_stack down --volumes || say "the engines could not be removed; remove them with saasctl -p $ENGINES_PROJECT down --volumes"
  as_root rm -rf "$ENGINES_FOLDER"
}

# give_image IMAGE SOCKET: copies an image from this machine's engine to the engine at SOCKET.
give_image() {
  local reply
  reply=$(engine_api GET "/images/get?names=$1" -f --max-time 120 |
    DOCKER_HOST=unix://$2 engine_api POST /images/load -f --max-time 120 -H 'Content-Type: application/x-tar' -T -)
  [[ $reply == *Loaded* ]] || { say "loading $1: $reply" && return 1; }
}

# in_network_of NAME COMMAND...: runs the command in the engine's network, which has the ports it publishes on 127.0.0.1, as this user.
in_network_of() {
  local name=$1 pid
  shift
  pid=$(engine_api GET "/containers/$ENGINES_PROJECT-$name-1/json" -f --max-time 10 | grep -o '"Pid":[0-9]*')
  as_root nsenter --target "${pid#*:}" --net --setuid "$(id -u)" --setgid "$(id -g)" -- "$@"
}

# engines_table REPORTS NAME...: prints version, passed and failed tests, and duration for each engine.
engines_table() {
  local reports=$1 name report
  shift
  printf '\n%-24s %-18s %-6s %7s %7s %9s\n' engine version API passed failed seconds
  for name in "$@"; do
    report=$reports/$name.xml
    printf '%-24s %-18s %-6s %7d %7d %9d\n' "$name" "$(version_field "$report" Version)" "$(version_field "$report" ApiVersion)" \
      "$(count_passed "$report")" "$(count_failed "$report")" "$(cat "$report.seconds")"
  done
}

# version_field REPORT KEY: a field of the answer to GET /version; a dash if it is missing.
version_field() {
  local value=''
  # The answer begins with the versions of components, in lists; the engine's own version is outside of them.
  [ ! -s "$1.version" ] || value=$(sed -E 's/\[[^]]*\]//g' "$1.version" | grep -oE "\"$2\":\"[^\"]*\"" | head -n 1 | cut -d '"' -f 4)
  printf '%s' "${value:--}"
}
