# shellcheck shell=bash
# Runs tests with ctest and counts the results. Sourced by bash after messages.sh.

# run_tests LABELS FILTER REPORT [COMMAND...]: runs the tests whose label matches the regular expression LABELS. With COMMAND, they run
# through it elsewhere, without the fixtures that prepare this machine. TESTS_FOLDER is the build folder, by default build; tests whose
# names match WITHOUT do not run. The report has the result of each test; ctest's exit code adds nothing to it.
run_tests() {
  local labels=$1 filter=$2 report=$3 code=0
  shift 3
  local -a arguments=(--test-dir "$PWD/${TESTS_FOLDER:-build}" -L "$labels" --output-on-failure --no-tests=ignore --output-junit "$report" -j "$(nproc)")
  [ -z "$filter" ] || arguments+=(-R "$filter")
  [ -z "${WITHOUT:-}" ] || arguments+=(-E "$WITHOUT")
  [ $# -eq 0 ] || arguments+=(--fixture-exclude-any '.*')
  "$@" ctest "${arguments[@]}" </dev/null || code=$?
  if [ ! -s "$report" ] && [ "$code" -ne 0 ]; then
    say "ctest exited with $code and wrote no report of the tests"
    report_failure "$report"
  fi
}

# report_failure REPORT: writes a report of one failed test, for a failure before any test could run.
report_failure() { printf '<testcase status="fail"/>\n' >"$1"; }

# A test passed if it ran and succeeded; a test that crashed, timed out, was skipped or could not start counts as failed.
count_passed() { count_status "$1" '== "run"'; }
count_failed() { count_status "$1" '!= "run"'; }

# count_status REPORT CONDITION: the number of test cases with such a status in a JUnit report of ctest.
count_status() {
  [ -s "$1" ] || { printf 0 && return; }
  awk -v RS='<testcase ' 'NR > 1 && match($0, /status="[a-z]+"/) {
      status = substr($0, RSTART + 8, RLENGTH - 9)
      if (status '"$2"') ++count
    }
    END {print count + 0}' "$1"
}
