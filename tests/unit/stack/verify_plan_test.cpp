// Reading a plan: its forms, and every mistake with its place.
#include "catch.hpp"
#include "declare/json_pointer.hpp"
#include "stack/verify_placeholder.hpp"
#include "verify_fakes.hpp"

namespace saasctl::verify_plan_test {

using namespace saasctl::stack;
using test::Plan;
using test::with_services;

namespace {

const VerifyStep& only_step(const Plan& plan) {
  INFO(plan.errors());
  REQUIRE(plan.document);
  REQUIRE(plan.diagnostics.empty());
  REQUIRE(plan.document->stack.verify.size() == 1);
  return plan.document->stack.verify.front();
}

// The errors of a plan of one step, without the services' lines in front.
std::string errors_of(const std::string& step) {
  return Plan(with_services(step)).errors();
}

bool has(const std::string& text, const std::string& part) {
  INFO(text);
  INFO(part);
  const bool found = text.find(part) != std::string::npos;
  CHECK(found);
  return found;
}

}  // namespace

TEST_CASE("a step in its long form keeps what the user wrote") {
  const Plan plan(with_services(R"(
  - name: A new user registers
    http:
      post: auth-service:3001/v1/register?x=1
      headers: {x-request-id: "7"}
      json: {email: a@example.test, list: [1, two]}
      timeout: 2s
    expect: {status: [200, 201], json: {/user/email: {contains: "@", not: {ends_with: .com}}, /a~1b: exists, /c: null}}
    capture: {token: /access_token, place: {header: Location}, id: {matches: 'id=(\w+)'}}
    within: 5s
)"));
  const auto& step = only_step(plan);
  CHECK(kind_of(step) == StepKind::http);
  const auto line = request_line(*step.http);
  REQUIRE(line);
  CHECK(line->first == "POST");
  CHECK(line->second->service == "auth-service");
  CHECK(line->second->port == 3001);
  CHECK(line->second->path == "/v1/register?x=1");
  REQUIRE(step.http->headers.find("x-request-id"));
  CHECK(step.expect->status->accepts(201));
  CHECK_FALSE(step.expect->status->accepts(202));
  const auto* email = step.expect->json.find("/user/email");
  REQUIRE(email);
  CHECK(email->contains == Json("@"));
  REQUIRE(email->negated.size() == 1);
  CHECK(email->negated.front().ends_with == ".com");
  CHECK(step.expect->json.find("/a~1b")->exists == true);
  CHECK(step.expect->json.find("/c")->equals->is_null());
  CHECK(step.capture.find("token")->json == "/access_token");
  CHECK(step.capture.find("place")->header == "Location");
  CHECK(step.capture.find("id")->matches == "id=(\\w+)");
}

TEST_CASE("short forms mean the long ones") {
  const auto request = [](const std::string& text) {
    const Plan plan(with_services("  - {name: n, http: " + text + "}\n"));
    const auto line = request_line(*only_step(plan).http);
    REQUIRE(line);
    return line->first + " " + line->second->service + line->second->url + " " + line->second->path;
  };
  CHECK(request("billing-service/v1/plans") == "GET billing-service /v1/plans");
  CHECK(request("auth-service") == "GET auth-service /");
  CHECK(request("delete auth-service/v1/me") == "DELETE auth-service /v1/me");
  CHECK(request("\"https://example.test/x\"") == "GET https://example.test/x ");

  const Plan all(with_services("  - {name: n, healthy: all, within: 30s}\n"));
  CHECK(only_step(all).healthy->all);
  const Plan some(with_services("  - {name: n, healthy: [postgres, jaeger]}\n"));
  CHECK(only_step(some).healthy->services.size() == 2);
  CHECK(only_step(Plan(with_services("  - set: {a: x, b: 2}\n"))).set.find("b")->is_number());
}

TEST_CASE("statuses are numbers or classes") {
  const Status status{{"2xx", "404"}};
  CHECK(status.accepts(200));
  CHECK(status.accepts(299));
  CHECK(status.accepts(404));
  CHECK_FALSE(status.accepts(304));
}

TEST_CASE("every mistake of a plan is told at its place, all in one run") {
  const auto errors = errors_of(R"(
  - name: two kinds
    http: auth-service/
    recreate: postgres
  - name: nothing
  - name: misspelt
    htpp: x
  - name: unknown service
    http: get auth-servce/v1/me
  - name: bad pointer
    http: auth-service/
    expect: {json: {user/id: 1}}
  - name: bad comparison
    http: auth-service/
    expect: {json: {/user: {contain: 1}}}
  - name: bad status
    http: auth-service/
    expect: {status: 20}
  - name: bad regex
    http: auth-service/
    expect: {body: {matches: "("}}
  - name: bad header
    http: {get: auth-service/, headers: {X: "a\nb"}, bearer: "a\0"}
  - name: bad target
    http: "auth-service/a\rb"
)");
  has(errors, "stack.yaml:12:5: error: one step cannot be both http and recreate");
  has(errors, "stack.yaml:13:5: error: the step checks nothing");
  has(errors, "stack.yaml:15:5: error: unknown key 'htpp' in check");
  has(errors, "did you mean 'http'?");
  has(errors, "no service 'auth-servce' in this stack");
  has(errors, "did you mean 'auth-service'?");
  has(errors, "stack.yaml:20:21: error: 'user/id' is not a JSON pointer");
  has(errors, "unknown key 'contain' in comparison");
  has(errors, "'20' is not an HTTP status");
  has(errors, "stack.yaml:29:31: error: '(' is not a regular expression: missing )");
  has(errors, "stack.yaml:31:42: error: a line break or zero byte in the value of a header");
  has(errors, "error: a line break or zero byte in the value of bearer");
  has(errors, "is not a target");
}

TEST_CASE("a wrong regular expression is reported under the part that is wrong, with the reason") {
  const auto errors = errors_of(R"(
  - name: n
    http: auth-service/
    expect: {body: {matches: '^id (?=x)$$'}}
    capture: {x: {matches: 'a\d[z'}, y: {matches: '(a)\1'}}
)");
  has(errors, "stack.yaml:12:35: error: '^id (?=x)$' is not a regular expression: invalid perl operator");
  has(errors, "without lookaround and back references");
  has(errors, "stack.yaml:13:32: error: 'a\\d[z' is not a regular expression: missing ]");
  has(errors, "'(a)\\1' is not a regular expression: invalid escape sequence");
  has(errors_of("  - {name: n, http: auth-service/, expect: {body: {matches: '" + std::string(20'000, '(') + "'}}}\n"),
      "((…' is not a regular expression: it is longer than 4096 bytes");
}

TEST_CASE("names must be set or captured before they are used") {
  const auto errors = errors_of(R"(
  - name: too early
    http: {get: auth-service/v1/me, bearer: "{{token}}"}
  - name: login
    http: {post: auth-service/v1/login}
    capture: {token: /access_token}
  - name: slip
    http: {get: auth-service/v1/me, bearer: "{{tokn}}"}
  - name: unclosed
    http: {get: "auth-service/v1/{{x"}
  - set: {random: 1, trace: "{{trace_id}}"}
)");
  has(errors, "{{token}} is used before any step sets or captures it");
  has(errors, "did you mean {{token}}?");
  has(errors, "'{{' without '}}'");
  has(errors, "'random' is not free: {{random}} is built in");
  has(errors, "{{trace_id}} belongs to the request or command");
  CHECK(errors_of(R"(
  - set: {a: x, b: "{{a}}-{{random}}"}
  - {name: n, http: {get: "auth-service/{{b}}/{{uuid}}"}}
)") == "");
}

TEST_CASE("keys are held against the kind of their step") {
  has(errors_of("  - {name: n, recreate: postgres, expect: {status: 200}}\n"),
      "'expect' has no meaning in a step of kind recreate");
  has(errors_of("  - {name: n, http: auth-service/, expect: {exit_code: 0}}\n"), "an http step has no exit_code");
  has(errors_of("  - {name: n, exec: {service: postgres, command: [x]}, expect: {status: 200}}\n"),
      "an exec step has no status");
  has(errors_of("  - {name: n, http: {get: auth-service/, post: auth-service/}}\n"), "more than one method");
  has(errors_of("  - {name: n, http: {json: {}}}\n"), "no method in http");
  has(errors_of("  - {http: auth-service/}\n"), "the step has no name");
  has(errors_of("  - {name: n, exec: {command: [x]}}\n"), "missing key 'service' in exec");
  has(errors_of("  - {name: n, exec: {service: postgres, command: []}}\n"), "the command is empty");
  has(errors_of("  - {name: n, healthy: []}\n"), "no service in the list");
  has(errors_of("  - {name: n, http: auth-service/, secret: [nobody]}\n"), "'nobody' is neither set nor captured");
  has(errors_of("  - {name: n, http: auth-service/, within: soon}\n"), "'soon' is not");
}

TEST_CASE("targets are held against the published ports") {
  has(errors_of("  - {name: n, http: postgres/}\n"), "service 'postgres' publishes no port to the host");
  has(errors_of("  - {name: n, http: jaeger/}\n"), "say which: jaeger:16686/");
  has(errors_of("  - {name: n, http: 'auth-service:80/'}\n"), "service 'auth-service' does not publish its port 80");
  has(errors_of("  - {name: n, http: 'auth service/'}\n"), "is not a target");
  CHECK(errors_of("  - {name: n, http: 'jaeger:16686/'}\n") == "");
}

TEST_CASE("trace and prometheus steps must expect something") {
  has(errors_of("  - {name: n, http: auth-service/, trace: {within: 1s}}\n"), "expected to have nothing");
  has(errors_of("  - {name: n, exec: {service: auth-service, command: [x]}, trace: {services: [a]}}\n"),
      "give it {{trace_id}} as an argument");
  has(errors_of("  - {name: n, prometheus: {query: up}}\n"), "nothing is expected of the query");
  has(errors_of("  - {name: n, prometheus: {query: up, grows: true}}\n"), "grows and by go together");
  has(errors_of("  - {name: n, prometheus: {query: up, targets: [a]}}\n"), "either targets or query");
  has(Plan("services: {a: {image: a, ports: ['1:1']}}\nverify: [{name: n, http: a/, trace: {services: a}}]\n").errors(),
      "no service 'jaeger' in this stack to ask");
}

TEST_CASE("a secret may not go into a command line") {
  has(errors_of(R"(
  - name: login
    http: {post: auth-service/v1/login}
    capture: {session: /session}
    secret: [session]
  - name: leak
    exec: {service: postgres, command: [x, "{{session}}"]}
)"),
      "the secret {{session}} would be visible in the container's process list");
}

TEST_CASE("names are secret by declaration, by use and by their own words") {
  const Plan plan(with_services(R"(
  - set: {passphrase: x, password: y, user: z}
  - name: login
    http: {post: auth-service/v1/login, json: {user: "{{user}}", password: "{{passphrase}}"}}
    capture: {bearer: /x, refresh_token: /r, id: /id}
  - name: me
    http: {get: auth-service/v1/me, bearer: "{{bearer}}"}
)"));
  REQUIRE(plan.errors() == "");
  CHECK(secret_names(plan.document->stack.verify) ==
        std::set<std::string>{"passphrase", "password", "bearer", "refresh_token"});
  CHECK(is_sensitive("access_token"));
  CHECK(is_sensitive("X-Api-Key"));
  CHECK_FALSE(is_sensitive("token_type"));
}

TEST_CASE("what was read is written again") {
  const std::string step = R"(
  - name: n
    http: {post: auth-service/v1/x, json: {a: 1}}
    expect: {status: 2xx, json: {/a: exists, /b: 1, /c: {gt: 0}, /d: {equals: exists}, /e: {length: {ge: 1}}}}
    capture: {t: /t}
    trace: {services: [auth-service], spans: [{kind: server, attributes: {http.route: /v1/x}}]}
)";
  const Plan plan(with_services(step));
  const auto written = verify_step_record().write(only_step(plan), Style::source);
  CHECK(written["expect"]["status"] == "2xx");
  CHECK(written["expect"]["json"].dump() ==
        R"({"/a":{"exists":true},"/b":1,"/c":{"gt":0},"/d":"exists","/e":{"length":{"ge":1}}})");
  CHECK(written["capture"]["t"] == "/t");
  CHECK(written["trace"]["spans"][0]["attributes"]["http.route"] == "/v1/x");
  const Plan again(with_services("  - " + written.dump() + "\n"));
  CHECK(verify_step_record().write(only_step(again), Style::source) == written);
}

TEST_CASE("JSON pointers follow RFC 6901 section 5") {
  const auto document = Json::parse(R"({"foo": ["bar", "baz"], "": 0, "a/b": 1, "m~n": 8, " ": 7})");
  const auto value = [&](const char* pointer) { return *find_value(document, pointer); };
  CHECK(value("") == document);
  CHECK(value("/foo/0") == "bar");
  CHECK(value("/") == 0);
  CHECK(value("/a~1b") == 1);
  CHECK(value("/m~0n") == 8);
  CHECK(value("/ ") == 7);
  for (const char* absent : {"/foo/2", "/foo/-", "/foo/01", "/foo/0/x", "/nope"}) {
    INFO(absent);
    CHECK(find_value(document, absent) == nullptr);
  }
  CHECK(is_json_pointer("/a~0b"));
  CHECK_FALSE(is_json_pointer("/a~2b"));
  CHECK_FALSE(is_json_pointer("/a~"));
  CHECK_FALSE(is_json_pointer("a"));
}

TEST_CASE("placeholders are found with their places") {
  const auto found = placeholders("a {{ b }}-{{c_1}}");
  REQUIRE(found);
  REQUIRE(found->size() == 2);
  CHECK(found->at(0).name == "b");
  CHECK(found->at(0).offset == 2);
  CHECK(found->at(0).length == 7);
  CHECK(found->at(1).name == "c_1");
  CHECK_FALSE(placeholders("{{1a}}"));
  CHECK_FALSE(placeholders("{{}}"));
  CHECK(placeholders("{a} }}")->empty());
}

}  // namespace saasctl::verify_plan_test
