# shellcheck shell=bash
# Running tests with ctest and counting what became of them. To be sourced by bash after messages.sh.

# run_tests LABELS FILTER REPORT [COMMAND...]: runs the tests whose label matches the regular expression LABELS. COMMAND runs them
# elsewhere: then what prepares this machine for them (fixtures) is left out. TESTS_FOLDER is the build folder, build when it is not
# set; tests whose names match WITHOUT are not run. The report says what became of every test; ctest's exit code says no more than
# that.
run_tests() {
  local labels=$1 filter=$2 report=$3 code=0
  shift 3
  local -a arguments=(--test-dir "$PWD/${TESTS_FOLDER:-build}" -L "$labels" --output-on-failure --no-tests=ignore --output-junit "$report" -j "$(nproc)")
  [ -z "$filter" ] || arguments+=(-R "$filter")
  [ -z "${WITHOUT:-}" ] || arguments+=(-E "$WITHOUT")
  [ $# -eq 0 ] || arguments+=(--fixture-exclude-any '.*')
  "$@" ctest "${arguments[@]}" </dev/null || code=$?
  if [ ! -s "$report" ] && [ "$code" -ne 0 ]; then
    say "ctest ended with exit code $code and left no report of the tests"
    report_failure "$report"
  fi
}

# report_failure REPORT: a report of one test that failed, for what went wrong before any test could run.
report_failure() { printf '<testcase status="fail"/>\n' >"$1"; }

# A test passed when it ran and succeeded; one that crashed, timed out, was skipped or could not be started did not.
count_passed() { count_status "$1" '== "run"'; }
count_failed() { count_status "$1" '!= "run"'; }

# count_status REPORT CONDITION: how many test cases of a JUnit report by ctest have such a status.
count_status() {
  [ -s "$1" ] || { printf 0 && return; }
  awk -v RS='<testcase ' 'NR > 1 && match($0, /status="[a-z]+"/) {
      status = substr($0, RSTART + 8, RLENGTH - 9)
      if (status '"$2"') ++count
    }
    END {print count + 0}' "$1"
}
