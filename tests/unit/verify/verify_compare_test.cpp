// Expectations held against values, and the answers of the tools that steps ask.
#include "catch.hpp"
#include "verify/compare.hpp"
#include "verify/exchange.hpp"
#include "verify/jaeger.hpp"
#include "verify/prometheus.hpp"
#include "verify/redactor.hpp"
#include "verify/values.hpp"
#include "verify_fakes.hpp"

namespace saasctl::verify_compare_test {

using namespace saasctl::verify;
using declare::Json;
using test::Plan;
using test::with_services;

namespace {

stack::Expectation expectation(const std::string& yaml) {
  const Plan plan(with_services("  - {name: n, http: auth-service/, expect: {json: {/x: " + yaml + "}}}\n"));
  INFO(plan.errors());
  REQUIRE(plan.diagnostics.empty());
  return plan.document->stack.verify.front().expect->json.entries.front().value;
}

bool holds(const std::string& yaml, const std::string& value, Origin origin = Origin::json) {
  const auto json = Json::parse(value);
  return compare(expectation(yaml), &json, origin).empty();
}

bool holds_of_nothing(const std::string& yaml) {
  return compare(expectation(yaml), nullptr, Origin::json).empty();
}

// The one step of a plan, with the plan that its positions point into.
struct Step {
  Plan plan;

  explicit Step(const std::string& yaml) : plan(with_services(yaml)) {
    INFO(plan.errors());
    REQUIRE(plan.diagnostics.empty());
  }
  const stack::VerifyStep& operator*() const { return plan.document->stack.verify.front(); }
  const stack::VerifyStep* operator->() const { return &**this; }
};

http::Response response(int status, std::string body, http::Headers headers = {}) {
  return *test::answer(status, std::move(body), std::move(headers));
}

}  // namespace

TEST_CASE("each comparison holds and fails") {
  CHECK(holds("1", "1"));
  CHECK(holds("1", "1.0"));
  CHECK_FALSE(holds("1", "\"1\""));
  CHECK_FALSE(holds("'1'", "1"));
  CHECK(holds("null", "null"));
  CHECK(holds("{equals: {a: 1, b: [x]}}", R"({"b": ["x"], "a": 1})"));
  CHECK_FALSE(holds("{equals: {a: 1}}", R"({"b": 2, "a": 1})"));
  CHECK(holds("exists", "null"));
  CHECK(holds("{contains: lo}", "\"hello\""));
  CHECK(holds("{contains: {id: pro}}", R"([{"id": "free"}, {"id": "pro", "price": 5}])"));
  CHECK_FALSE(holds("{contains: {id: team}}", R"([{"id": "free"}])"));
  CHECK(holds("{contains: {a: 1}}", R"({"a": 1, "b": 2})"));
  CHECK(holds("{matches: '^\\d+$$'}", "\"one\\n22\""));
  CHECK_FALSE(holds("{matches: '^\\d+$$'}", "\"one 22\""));
  CHECK(holds("{starts_with: he, ends_with: lo}", "\"hello\""));
  CHECK_FALSE(holds("{starts_with: he, ends_with: la}", "\"hello\""));
  CHECK(holds("{type: integer}", "3"));
  CHECK_FALSE(holds("{type: integer}", "3.5"));
  CHECK(holds("{type: list}", "[]"));
  CHECK(holds("{gt: 0, le: 5}", "5"));
  CHECK_FALSE(holds("{gt: 0, lt: 5}", "5"));
  CHECK_FALSE(holds("{gt: 0}", "\"7\""));
  CHECK(holds("{length: 2}", "[1, 2]"));
  CHECK(holds("{length: {ge: 1}}", "\"x\""));
  CHECK_FALSE(holds("{length: 2}", "7"));
  CHECK(holds("{not: 3}", "4"));
  CHECK_FALSE(holds("{not: {contains: x}}", "\"xyz\""));
  CHECK(holds("{one_of: [a, b]}", "\"b\""));
  CHECK_FALSE(holds("{one_of: [a, b]}", "\"c\""));
}

TEST_CASE("nothing is only what absent and not expect") {
  CHECK(holds_of_nothing("absent"));
  CHECK(holds_of_nothing("{not: 3}"));
  CHECK_FALSE(holds_of_nothing("exists"));
  CHECK_FALSE(holds_of_nothing("{not: 3, type: integer}"));
  CHECK_FALSE(holds_of_nothing("1"));
  CHECK_FALSE(holds("absent", "0"));
}

TEST_CASE("what came as text is compared with numbers by value") {
  CHECK(holds("12", "\"12\"", Origin::text));
  CHECK(holds("{gt: 11.5}", "\" 12 \"", Origin::text));
  CHECK_FALSE(holds("13", "\"12\"", Origin::text));
  CHECK(holds("true", "\"true\"", Origin::text));
}

TEST_CASE("a long line is searched, and a text that the expression cannot search fails and says so") {
  Json text = std::string(200'000, 'a') + "c";
  CHECK(compare(expectation("{matches: '(a|b)*c$$'}"), &text, Origin::text).empty());
  CHECK(compare(expectation("{matches: '(a*)*b'}"), &text, Origin::text).size() == 1);
  const auto mismatches = compare(expectation("{matches: '((a?){30}){30}((a){30}){30}'}"), &text, Origin::text);
  REQUIRE(mismatches.size() == 1);
  CHECK(mismatches[0].got.find("more than this expression can search") != std::string::npos);
  for (const auto* negated :
       {"{not: {matches: '((a?){30}){30}((a){30}){30}'}}", "{not: {not: {matches: '((a?){30}){30}((a){30}){30}'}}}"})
    CHECK(compare(expectation(negated), &text, Origin::text).size() == 1);
  auto broken = expectation("{not: {matches: x}}");
  broken.negated[0].matches = "(";  // what a value has made of it
  CHECK(compare(broken, &text, Origin::text).size() == 1);
}

TEST_CASE("an answer nested too deeply is not JSON, and is shown, captured and judged without going down") {
  const Step check(R"(
  - name: n
    http: auth-service/
    expect: {json: {/a: 1}}
    capture: {token: /token}
)");
  const auto deep = std::string(100'000, '[') + std::string(100'000, ']');
  auto findings = judge_answer(*check, response(200, deep));
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].got.starts_with("not JSON (nested too deeply: more than 200 levels): \"[[["));
  findings.clear();
  CHECK(capture_answer(*check, response(200, deep), findings).empty());
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].got == "a body that is not JSON (nested too deeply: more than 200 levels)");
  CHECK(exchange_details({}, response(200, deep)).back().size() < 500);
  CHECK(parse_spans(deep).error().message.starts_with("the answer is not JSON (nested too deeply"));
  CHECK(parse_services(deep).empty());
  CHECK(parse_number(deep).error().message.starts_with("the answer is not JSON (nested too deeply"));
}

TEST_CASE("a value that would change the shape of a request is unfit, by name") {
  const auto unfit = [](const std::string& http, const Json& value) {
    std::uint64_t seed = 0;
    Values values([&] { return ++seed; });
    values.set("v", value);
    const Plan plan(with_services("  - {set: {v: 1}}\n  - {name: n, http: " + http + "}\n"));
    INFO(plan.errors());
    REQUIRE(plan.diagnostics.empty());
    return fill(plan.document->stack.verify[1], values, "0123").unfit;
  };
  using Sentences = std::vector<std::string>;
  const Sentences breaks = {"stack.yaml:10: {{v}} has a line break or zero byte in it, which a header cannot hold"};
  CHECK(unfit("{get: auth-service/, headers: {X: 'a {{v}}'}}", "b").empty());
  CHECK(unfit("{get: auth-service/, headers: {X: 'a {{v}}'}}", "b\r\nX-Inj: 1") == breaks);
  CHECK(unfit("{get: auth-service/, headers: {X: '{{v}}'}}", "b\r") == breaks);
  CHECK(unfit("{get: auth-service/, bearer: '{{v}}'}", "b\nX-Inj: 1") == breaks);
  CHECK(unfit("{get: auth-service/, bearer: '{{v}}'}", std::string("b\0c", 3)) == breaks);
  CHECK(unfit("{post: auth-service/, body: '{{v}}'}", "b\r\n").empty());
  CHECK(unfit("{post: auth-service/, json: {a: '{{v}}'}}", "b\r\n").empty());
  CHECK(unfit("'auth-service/x/{{v}}?q={{v}}'", "a/b\r\n?#%").empty());
  const Sentences leads = {"stack.yaml:10: {{v}} makes a path segment '.' or '..', which leads to another path"};
  CHECK(unfit("'auth-service/x/{{v}}'", "..") == leads);
  CHECK(unfit("'auth-service/x/{{v}}'", "../../admin") == leads);
  CHECK(unfit("'auth-service/x/.{{v}}/y'", ".") == leads);
  CHECK(unfit("'auth-service/x/../{{v}}'", "a..b").empty());
  CHECK(unfit("'auth-service/x?q={{v}}'", "../..").empty());
  const Sentences host = {"stack.yaml:10: {{v}} is not a host name: letters, digits, '-', '.', '_' and '~'"};
  CHECK(unfit("'http://{{v}}:80/x'", "a.example").empty());
  CHECK(unfit("'http://{{v}}:80/x'", "a/b") == host);
  CHECK(unfit("'http://{{v}}/x'", "u@b") == host);
  CHECK(unfit("'http://h/{{v}}'", "..") == leads);
  CHECK(unfit("'http://h:80{{v}}'", "/x/y").empty());
  CHECK(unfit("'http://h:80{{v}}'", "/../y") == leads);
  CHECK(unfit("'http://h:80{{v}}'", "80.evil/y") == host);
  CHECK(unfit("'http://u:{{v}}@h/x'", "p@/:").empty());
  Json deep = 1;
  for (int i = 0; i < 200; ++i) deep = Json::array({deep});
  CHECK(unfit("{post: auth-service/, json: '{{v}}'}", deep).empty());
  CHECK(unfit("{post: auth-service/, json: ['{{v}}']}", deep) ==
        Sentences{"stack.yaml:10: the value is nested too deeply: more than 200 levels"});
  CHECK(unfit("{post: auth-service/, json: ['{{v}}', '{{v}}']}", std::string(9 << 20, 'x')) ==
        Sentences{"stack.yaml:10: {{v}} makes the step too large: more than 16777216 bytes are filled in"});
}

TEST_CASE("a mismatch says expected and got in words") {
  const auto json = Json::parse(R"(["a"])");
  const auto mismatches = compare(expectation("{length: {gt: 1}, contains: b}"), &json, Origin::json);
  REQUIRE(mismatches.size() == 2);
  CHECK(mismatches[0].expected == "something that contains \"b\"");
  CHECK(mismatches[0].got == "[\"a\"]");
  CHECK(mismatches[1].expected == "a length of a number greater than 1");
  CHECK(show(Json::parse(R"({"access_token": "abc", "n": 1})")) == R"({"access_token":"***","n":1})");
  CHECK(shortened("aé\nb", 2) == "a…");
}

TEST_CASE("names are filled in with their types, in paths percent-encoded") {
  std::uint64_t seed = 0;
  Values values([&] { return ++seed; });
  values.set("n", 7);
  values.set("who", "a b/c");
  const auto plan = Plan(with_services(R"(
  - set: {n: 1, who: 2}
  - name: n
    http: {post: "auth-service/v1/{{who}}?q={{n}}", json: {n: "{{n}}", text: "no {{n}}", own: "{{trace_id}}"}}
)"));
  const auto filled = fill(plan.document->stack.verify[1], values, "0123");
  CHECK(filled.missing.empty());
  CHECK(filled.check.http->post->path == "/v1/a%20b/c?q=7");
  CHECK(filled.check.http->json->dump() == R"({"n":7,"text":"no 7","own":"0123"})");
  const auto url = [&](const std::string& target) {
    const auto step = Plan(with_services("  - {set: {who: 2}}\n  - {name: n, http: '" + target + "'}\n"));
    return fill(step.document->stack.verify[1], values, "0123").check.http->get->url;
  };
  CHECK(url("http://u:{{who}}@h/{{who}}") == "http://u:a%20b%2Fc@h/a%20b/c");
  values.set("who", "/x?");
  CHECK(url("http://h:80{{who}}") == "http://h:80/x%3F");
  Values none([&] { return ++seed; });
  CHECK(fill(plan.document->stack.verify[1], none, "0123").missing == std::vector<std::string>{"who", "n"});
}

TEST_CASE("built-in values have their forms and are new every time") {
  Values values([] { return std::uint64_t{0xfedcba9876543210U}; });
  CHECK(values.new_trace_id() == "fedcba9876543210fedcba9876543211");
  CHECK(values.new_span_id().size() == 16);
  CHECK(values.make("uuid") == "fedcba98-7654-4210-bedc-ba9876543210");
  CHECK(values.make("random").size() == 10);
  Values zero([] { return std::uint64_t{0}; });
  CHECK(zero.new_trace_id() == "00000000000000000000000000000001");
}

TEST_CASE("a request carries its body, bearer and a sampled traceparent") {
  const Step check(R"(
  - {name: n, http: {post: auth-service/x, bearer: abc, json: {a: 1}, headers: {X-Y: z}}}
)");
  const auto request = make_request(*check->http, "http://h/x", std::string(32, 'a'), std::string(16, 'b'));
  CHECK(request.method == "POST");
  CHECK(request.body == R"({"a":1})");
  CHECK(test::header(request, "Content-Type") == "application/json");
  CHECK(test::header(request, "Authorization") == "Bearer abc");
  CHECK(test::header(request, "X-Y") == "z");
  CHECK(test::header(request, "traceparent") == "00-" + std::string(32, 'a') + "-" + std::string(16, 'b') + "-01");
  CHECK(request.timeout == std::chrono::seconds(10));
}

TEST_CASE("an answer is judged by status, headers, JSON and body") {
  const Step check(R"(
  - name: n
    http: auth-service/
    expect: {status: 201, headers: {content-type: {starts_with: application/json}}, json: {/a: 1, /token: exists}}
    capture: {token: /token, place: {header: location}}
)");
  const http::Headers headers = {{"Content-Type", "application/json"}, {"Location", "/v1/7"}};
  std::vector<Finding> findings = judge_answer(*check, response(201, R"({"a": 1, "token": "t"})", headers));
  CHECK(findings.empty());
  const auto captured = capture_answer(*check, response(201, R"({"a": 1, "token": "t"})", headers), findings);
  CHECK(findings.empty());
  REQUIRE(captured.size() == 2);
  CHECK(captured[0].second == "t");
  CHECK(captured[1].second == "/v1/7");

  findings = judge_answer(*check, response(500, R"({"a": 2, "token": "t"})", {{"content-type", "text/plain"}}));
  REQUIRE(findings.size() == 3);
  CHECK(findings[0].expected == "status 201");
  CHECK(findings[0].got == "status 500");
  CHECK(findings[0].where == "stack.yaml:12");
  CHECK(findings[1].expected.starts_with("header content-type: "));
  CHECK(findings[2].expected == "/a: 1");
  CHECK(findings[2].got == "2");

  findings = judge_answer(*check, response(201, "<html>", headers));
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].expected == "a body of JSON");
  findings.clear();
  CHECK(capture_answer(*check, response(201, "{}", {}), findings).empty());
  REQUIRE(findings.size() == 2);
  CHECK(findings[0].expected == "/token to capture as {{token}}");
}

TEST_CASE("without an expected status only 2xx is right") {
  const Step check("  - {name: n, http: auth-service/}\n");
  CHECK(judge_answer(*check, response(204, "")).empty());
  REQUIRE(judge_answer(*check, response(302, "")).size() == 1);
  CHECK(judge_answer(*check, response(302, ""))[0].expected == "status 2xx");
}

TEST_CASE("a command is judged by its end") {
  const Step check(R"(
  - name: n
    exec: {service: postgres, command: [psql, -c, select 1]}
    expect: {stdout: {matches: 'rows: \d'}, stderr: ""}
    capture: {rows: {matches: 'rows: (\d+)'}}
)");
  std::vector<Finding> findings = judge_command(*check, {0, "rows: 12\n", ""});
  CHECK(findings.empty());
  CHECK(capture_command(*check, {0, "rows: 12\n", ""}, findings)[0].second == "12");
  findings = judge_command(*check, {2, "", "no"});
  REQUIRE(findings.size() == 3);
  CHECK(findings[0].expected == "exit code 0");
  CHECK(findings[0].got == "exit code 2");
}

TEST_CASE("Jaeger's traces are read and what they lack is named") {
  const std::string body = R"({"data": [{"traceID": "1", "spans": [
      {"spanID": "a", "operationName": "GET /x", "processID": "p1", "tags": [
          {"key": "span.kind", "type": "string", "value": "server"},
          {"key": "http.response.status_code", "type": "int64", "value": 200}]},
      {"spanID": "b", "operationName": "SELECT", "processID": "p2", "tags": []}],
      "processes": {"p1": {"serviceName": "auth-service", "tags": []}, "p2": {"serviceName": "chat-service"}}}],
    "errors": null})";
  const auto spans = parse_spans(body);
  REQUIRE(spans);
  REQUIRE(spans->size() == 2);
  CHECK(spans->at(0).kind == "server");
  CHECK(spans->at(1).kind == "internal");
  CHECK(describe(*spans) == "auth-service: GET /x; chat-service: SELECT");

  const Step check(R"(
  - name: n
    http: auth-service/
    trace:
      services: [auth-service, billing-service]
      spans:
        - {service: auth-service, name: {starts_with: GET}, kind: server, attributes: {http.response.status_code: 200}}
        - {service: chat-service, kind: client}
        - {service: billing-service, name: POST /v1/usage}
)");
  const auto gaps = find_gaps(*check->trace, *spans);
  REQUIRE(gaps.findings.size() == 3);
  CHECK(gaps.services == std::vector<std::string>{"billing-service"});
  CHECK(gaps.findings[0].expected == "a span of billing-service in the trace");
  CHECK(gaps.findings[0].where == "stack.yaml:13");
  CHECK(gaps.findings[1].expected == "a span of chat-service of kind client");
  CHECK(gaps.findings[2].expected == "a span of billing-service named \"POST /v1/usage\"");
  CHECK(find_gaps(*check->trace, {}).findings.front().got == "no span");
  CHECK_FALSE(parse_spans("<html>"));
  CHECK(parse_spans(R"({"data": []})")->empty());
  CHECK(parse_services(R"({"data": ["a", "b"], "total": 2})") == std::vector<std::string>{"a", "b"});
  CHECK(parse_services("nothing").empty());
}

TEST_CASE("Prometheus's answers are read") {
  CHECK(parse_number(R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"42"]}]}})")
            .value() == std::optional(42.0));
  CHECK(parse_number(R"({"status":"success","data":{"resultType":"scalar","result":[1,"1.5"]}})").value() ==
        std::optional(1.5));
  CHECK(parse_number(R"({"status":"success","data":{"resultType":"vector","result":[]}})").value() ==
        std::optional<double>());
  CHECK(parse_number(R"({"status":"error","error":"parse error at char 3"})").error().message.find("char 3") !=
        std::string::npos);
  CHECK_FALSE(parse_number(R"({"status":"success","data":{"resultType":"vector","result":[{},{}]}})"));
  CHECK_FALSE(parse_number(R"({"status":"success","data":{"resultType":5}})"));
  CHECK_FALSE(parse_number("Service Unavailable"));

  const auto targets = parse_targets(R"({"status":"success","data":{"activeTargets":[
      {"labels":{"instance":"auth-service:3001"},"health":"up","lastError":"","lastScrape":"2026-01-01T00:00:05.5Z"},
      {"labels":{"instance":"chat-service:3002"},"health":"down","lastError":"connection refused",
       "lastScrape":"2026-01-01T00:00:06Z"}]}})");
  REQUIRE(targets);
  const auto findings = judge_targets({"auth-service:3001", "chat-service:3002", "billing-service:3003"}, *targets, {});
  REQUIRE(findings.size() == 2);
  CHECK(findings[0].got == "down: connection refused");
  CHECK(findings[1].got == "targets auth-service:3001, chat-service:3002");
  CHECK(scraped_since(*targets, *engine::parse_timestamp("2026-01-01T00:00:05Z")));
  CHECK_FALSE(scraped_since(*targets, *engine::parse_timestamp("2026-01-01T00:00:06Z")));
  CHECK_FALSE(scraped_since({}, {}));
  CHECK(format_number(3) == "3");
}

TEST_CASE("masks hide a secret in every spelling") {
  Redactor masks;
  masks.add("p\"w/1");
  masks.add("p\"w/1-longer");
  masks.add("");
  CHECK(masks.apply("raw p\"w/1, in JSON p\\\"w/1, in a URL p%22w%2F1") == "raw ***, in JSON ***, in a URL ***");
  CHECK(masks.apply("p\"w/1-longer") == "***");
  CHECK(masks.apply("nothing") == "nothing");
}

}  // namespace saasctl::verify_compare_test
