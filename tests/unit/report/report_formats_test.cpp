#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "report/console.hpp"
#include "report/json.hpp"
#include "report/junit.hpp"

namespace saasctl::report_formats_test {

using namespace saasctl::verify;

namespace {

Report example() {
  using namespace std::chrono_literals;
  Report report;
  report.project = "saas";
  report.started = std::chrono::system_clock::from_time_t(1'767'323'045);
  report.duration = 3210ms;
  report.steps = {
      {"Every service is healthy", "stack.yaml:118", Status::passed, 120ms},
      {"A message is <answered> & \"stored\"",
       "stack.yaml:130",
       Status::failed,
       1500ms,
       {{"/reply/role: \"assistant\"", "\"system\"", "stack.yaml:133"}},
       {},
       {"saasctl logs chat-service"},
       {"POST http://127.0.0.1:3002/x: status 201 after 8 ms"}},
      {"Needs it", "stack.yaml:140", Status::skipped, 0ms, {}, "needs {{token}} of \"A message\" (stack.yaml:130)"},
      {"No connection", "stack.yaml:150", Status::error, 5ms, {}, "connection\x01 refused\nby peer \xff\xed\xa0\x80"},
  };
  return report;
}

}  // namespace

TEST_CASE("the console report is a table, then what went wrong, then the sum") {
  const auto text = report::console(example(), {false, 80});
  CHECK(text ==
        "  ✓ Every service is healthy                                passed       0.12 s\n"
        "  ✗ A message is <answered> & \"stored\"                      failed       1.50 s\n"
        "  - Needs it                                                skipped      0.00 s\n"
        "  ! No connection                                           error        0.01 s\n"
        "\n"
        "  ✗ A message is <answered> & \"stored\" (stack.yaml:130)\n"
        "    expected /reply/role: \"assistant\" (stack.yaml:133)\n"
        "    got      \"system\"\n"
        "    done     POST http://127.0.0.1:3002/x: status 201 after 8 ms\n"
        "    look at  saasctl logs chat-service\n"
        "\n"
        "  - Needs it (stack.yaml:140)\n"
        "    skipped  needs {{token}} of \"A message\" (stack.yaml:130)\n"
        "\n"
        "  ! No connection (stack.yaml:150)\n"
        "    error    connection  refused by peer \\xff\\xed\\xa0\\x80\n"
        "\n"
        "1 of 4 checks passed, 1 failed, 1 could not be run, 1 skipped in 3.21 s\n");
}

TEST_CASE("long names are cut and long findings broken") {
  auto step = example().steps[1];
  step.name = std::string(40, 'x') + "é" + std::string(40, 'y');
  const auto row = report::console_row(step, {false, 67});
  CHECK(row == "  ✗ " + std::string(40, 'x') + "…  failed       1.50 s\n");
  Report report;
  report.steps = {step};
  report.steps[0].findings = {{"a b", "one two three four five six seven", ""}};
  CHECK(report::console_failures(report, {false, 34})
            .find("    got      one two three four\n             five six seven\n") != std::string::npos);
}

TEST_CASE("colour is only there when asked for") {
  CHECK(report::console(example(), {false, 80}).find('\x1b') == std::string::npos);
  CHECK(report::console(example(), {true, 80}).find("\x1b[31m✗\x1b[0m") != std::string::npos);
}

TEST_CASE("the JSON report holds everything") {
  const auto json = nlohmann::json::parse(report::json(example()));
  CHECK(json["project"] == "saas");
  CHECK(json["started"] == "2026-01-02T03:04:05Z");
  CHECK(json["duration_seconds"] == 3.21);
  CHECK(json["passed"] == false);
  CHECK(json["counts"] == nlohmann::json::parse(R"({"passed": 1, "failed": 1, "skipped": 1, "error": 1})"));
  REQUIRE(json["steps"].size() == 4);
  CHECK(json["steps"][0] == nlohmann::json::parse(
                                R"({"name": "Every service is healthy", "where": "stack.yaml:118",
                                    "status": "passed", "duration_seconds": 0.12})"));
  CHECK(json["steps"][1]["findings"][0]["got"] == "\"system\"");
  CHECK(json["steps"][1]["hints"][0] == "saasctl logs chat-service");
}

TEST_CASE("the JUnit report counts its cases and escapes what XML lacks") {
  const auto xml = report::junit(example());
  CHECK(xml.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"));
  CHECK(xml.find("<testsuite name=\"verify\" package=\"saas\" id=\"0\" timestamp=\"2026-01-02T03:04:05\" "
                 "hostname=\"localhost\" tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"1\" time=\"3.210\">") !=
        std::string::npos);
  CHECK(xml.find("<testcase classname=\"saas.verify\" name=\"Every service is healthy\" time=\"0.120\"/>") !=
        std::string::npos);
  CHECK(xml.find("name=\"A message is &lt;answered&gt; &amp; &quot;stored&quot;\"") != std::string::npos);
  CHECK(xml.find("<failure type=\"failed\" message=\"expected /reply/role: &quot;assistant&quot;, got "
                 "&quot;system&quot;\">stack.yaml:130&#10;") != std::string::npos);
  CHECK(xml.find("message=\"connection\uFFFD refused&#10;by peer \uFFFD\uFFFD\uFFFD\uFFFD\"") != std::string::npos);
  CHECK(xml.find("<skipped type=\"skipped\" message=\"needs {{token}}") != std::string::npos);
}

}  // namespace saasctl::report_formats_test
